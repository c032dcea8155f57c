-- The first hundred active records that contain some JSON. The hits come first, by the index of JSON alone: with the
-- limit beside the operator, whose selectivity nobody knows, the planner walks the table (at a million rows 850 ms for
-- one record), and an organization's key beside it is no less to read.
-- $1 organization  $2 what they contain. Index: pfa_mirror_data.
WITH hit AS MATERIALIZED (
  SELECT id FROM pfa_mirror WHERE data @> $2::jsonb AND organization_id IS NOT DISTINCT FROM $1 AND is_discontinued IS FALSE
)
SELECT m.id, m.pfa_id, m.data FROM (SELECT id FROM hit LIMIT 100) h JOIN pfa_mirror m ON m.id = h.id
