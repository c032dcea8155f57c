-- Records of an organization as a session sees them, its drafts laid over, in order of pfa_id (getMergedRecords).
-- $1 organization  $2 category  $3 class  $4 source  $5 dor  $6 contract  $7 $8 forecast window: overlaps [$7, $8)
-- $9 JSON that the record contains  $10 whether it is discontinued  $11 whether the session has a draft of it
-- $12 the pfa_id before the first  $13 how many. Null from $2 to $12: any. syncline.session_id names the session.
--
-- Laid over, no column has an index. So the records without a draft are found as they are, a page of them, those with
-- one come all; then both are looked at as the session sees them. By content they are found in the index of JSON,
-- unless a walk in order has its page sooner: few are left, the next 2,000 promise it within 20,000, or very many
-- contain it. The planner, which can not know how many contain something, would walk always.
-- Indexes: pfa_mirror_key for the order; where it is cheaper pfa_mirror_group_forecast, pfa_mirror_group or
-- pfa_mirror_forecast; pfa_mirror_data; pfa_modification_draft.
WITH drafted AS MATERIALIZED (
  SELECT d.mirror_id FROM pfa_modification d
  WHERE d.sync_state = 'draft' AND d.session_id = (SELECT syncline_session())
    AND d.user_id = coalesce((SELECT syncline_user()), d.user_id)
),
walk AS MATERIALIZED (
  SELECT $9::jsonb IS NULL
    OR (SELECT count(*) < 2000 OR count(*) FILTER (WHERE near.data @> $9::jsonb) * 10 >= $13::int
      FROM (SELECT m.data FROM pfa_mirror m WHERE m.organization_id = $1 AND m.pfa_id > coalesce($12, '')
        ORDER BY m.pfa_id LIMIT 2000) near)
    OR (SELECT count(*) > 20000 FROM (SELECT FROM pfa_mirror m
      WHERE m.data @> $9::jsonb AND m.organization_id IS NOT DISTINCT FROM $1 LIMIT 20001) hit) AS is_walk
),
walked AS MATERIALIZED (
  SELECT m.id FROM pfa_mirror m
  WHERE (SELECT is_walk FROM walk) AND $11::boolean IS DISTINCT FROM true
    AND m.organization_id = $1 AND ($2::text IS NULL OR m.category = $2) AND ($3::text IS NULL OR m.class = $3)
    AND ($4::text IS NULL OR m.source = $4) AND ($5::text IS NULL OR m.dor = $5) AND ($6::text IS NULL OR m.contract = $6)
    AND ($7::date IS NULL OR m.forecast_end > $7::date) AND ($8::date IS NULL OR m.forecast_start < $8::date)
    -- In words that no index answers: the one of JSON would bring every hit.
    AND ($9::jsonb IS NULL OR (m.data @> $9::jsonb) IS TRUE)
    AND ($10::boolean IS NULL OR CASE WHEN $10 THEN m.is_discontinued ELSE NOT m.is_discontinued END)
    AND ($12::text IS NULL OR m.pfa_id > $12) AND m.id NOT IN (SELECT mirror_id FROM drafted)
  ORDER BY m.pfa_id LIMIT $13::int
),
hit AS MATERIALIZED (
  SELECT m.id FROM pfa_mirror m
  WHERE NOT (SELECT is_walk FROM walk) AND $11::boolean IS DISTINCT FROM true
    AND m.data @> $9::jsonb AND m.organization_id IS NOT DISTINCT FROM $1
),
candidate AS MATERIALIZED (
  SELECT id FROM walked UNION ALL SELECT id FROM hit WHERE id NOT IN (SELECT mirror_id FROM drafted)
  UNION ALL SELECT mirror_id FROM drafted WHERE $11::boolean IS DISTINCT FROM false
)
SELECT l.pfa_id, l.organization_id, l.version, l.category, l.class, l.source, l.dor, l.area_silo, l.manufacturer, l.model,
  l.monthly_rate, l.purchase_price, l.original_start, l.original_end, l.forecast_start, l.forecast_end, l.actual_start,
  l.actual_end, l.is_actualized, l.is_discontinued, l.is_funds_transferable, l.has_plan, l.has_actuals, l.contract,
  l.has_draft, to_jsonb(l.modified_fields) AS modified_fields, to_jsonb(l.remote_fields) AS remote_fields, l.updated_at, l.data
FROM candidate c JOIN pfa_merged_live l ON l.id = c.id
WHERE l.organization_id = $1 AND ($2::text IS NULL OR l.category = $2) AND ($3::text IS NULL OR l.class = $3)
  AND ($4::text IS NULL OR l.source = $4) AND ($5::text IS NULL OR l.dor = $5) AND ($6::text IS NULL OR l.contract = $6)
  AND ($7::date IS NULL OR l.forecast_end > $7::date) AND ($8::date IS NULL OR l.forecast_start < $8::date)
  AND ($9::jsonb IS NULL OR l.data @> $9::jsonb) AND ($10::boolean IS NULL OR l.is_discontinued = $10)
  AND ($12::text IS NULL OR l.pfa_id > $12)
ORDER BY l.pfa_id LIMIT $13::int
