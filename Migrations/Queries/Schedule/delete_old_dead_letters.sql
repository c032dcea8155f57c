-- Dead letters that somebody has replayed or discarded long ago; open ones never. Those that name no organization go
-- with any. $1 organization  $2 kept seconds  $3 how many at most
-- One row: how many. Reads the dead letters.
WITH old AS (
  SELECT id FROM dead_letter
  WHERE (organization_id = $1 OR organization_id IS NULL) AND status <> 'open'
    AND updated_at < now() - make_interval(secs => $2::bigint)
  ORDER BY id LIMIT $3::int
  FOR UPDATE SKIP LOCKED
),
gone AS (
  DELETE FROM dead_letter d USING old WHERE d.id = old.id RETURNING 1
)
SELECT count(*) AS rows FROM gone
