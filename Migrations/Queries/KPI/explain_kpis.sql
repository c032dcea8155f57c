-- What moved the totals of an organization between two moments, from one snapshot: what they were, each job, commit,
-- decision of a conflict or stream that changed them, what they are then. opening + changes = closing, to the cent.
--
-- Counted back from the totals that are kept now, so that it stays right when old lineage is cleaned up. A change
-- counts at the moment its transaction began. Changes that leave the chosen total as it was (a record that moves
-- between two groups in it) are not listed.
-- $1 organization  $2 category  $3 source  $4 dor: null means any  $5 after  $6 until: null means always
-- Indexes: kpi_change_group, kpi_slot's unique one, sync_job_pkey, pfa_sync_conflict_pkey.
WITH kept AS (
  SELECT coalesce(sum(plan_cost), 0.00) AS plan, coalesce(sum(forecast_cost), 0.00) AS forecast, coalesce(sum(actual_cost), 0.00) AS actual,
    coalesce(sum(record_count), 0) AS records, coalesce(sum(actualized_count), 0) AS actualized
  FROM kpi_slot
  WHERE organization_id = $1 AND ($2::text IS NULL OR category = $2) AND ($3::text IS NULL OR source = $3)
    AND ($4::text IS NULL OR dor = $4)
),
change AS MATERIALIZED (
  SELECT cause, cause_id, changed_at <= coalesce($6::timestamptz, 'infinity') AS is_within, min(changed_at) AS first_at,
    max(changed_at) AS last_at, sum(plan_cost) AS plan, sum(forecast_cost) AS forecast, sum(actual_cost) AS actual,
    sum(record_count) AS records, sum(actualized_count) AS actualized
  FROM kpi_change
  WHERE organization_id = $1 AND changed_at > coalesce($5::timestamptz, '-infinity') AND ($2::text IS NULL OR category = $2)
    AND ($3::text IS NULL OR source = $3) AND ($4::text IS NULL OR dor = $4)
  GROUP BY cause, cause_id, is_within
),
back AS (
  SELECT coalesce(sum(plan), 0.00) AS plan, coalesce(sum(forecast), 0.00) AS forecast, coalesce(sum(actual), 0.00) AS actual,
    coalesce(sum(records), 0) AS records, coalesce(sum(actualized), 0) AS actualized,
    coalesce(sum(plan) FILTER (WHERE NOT is_within), 0.00) AS later_plan,
    coalesce(sum(forecast) FILTER (WHERE NOT is_within), 0.00) AS later_forecast,
    coalesce(sum(actual) FILTER (WHERE NOT is_within), 0.00) AS later_actual,
    coalesce(sum(records) FILTER (WHERE NOT is_within), 0) AS later_records,
    coalesce(sum(actualized) FILTER (WHERE NOT is_within), 0) AS later_actualized
  FROM change
),
line AS (
  SELECT 0 AS place, 'opening' AS entry, $5::timestamptz AS changed_at, NULL AS cause, NULL AS cause_id,
    k.plan - b.plan AS plan, k.forecast - b.forecast AS forecast, k.actual - b.actual AS actual,
    k.records - b.records AS records, k.actualized - b.actualized AS actualized
  FROM kept k, back b
  UNION ALL
  SELECT 1, 'change', last_at, cause, cause_id, plan, forecast, actual, records, actualized
  FROM change
  WHERE is_within AND (plan <> 0 OR forecast <> 0 OR actual <> 0 OR records <> 0 OR actualized <> 0)
  UNION ALL
  SELECT 2, 'closing', coalesce($6::timestamptz, now()), NULL, NULL, k.plan - b.later_plan, k.forecast - b.later_forecast,
    k.actual - b.later_actual, k.records - b.later_records, k.actualized - b.later_actualized
  FROM kept k, back b
)
SELECT l.entry, l.changed_at, l.cause, l.cause_id, coalesce(c.resolved_by, j.requested_by) AS requested_by,
  coalesce(c.resolution_reason, j.parameters ->> 'changeReason', j.parameters ->> 'reason', j.parameters ->> 'approvalReason') AS reason,
  l.plan AS plan_cost, l.forecast AS forecast_cost, l.actual AS actual_cost, l.forecast - l.plan AS variance,
  l.records::bigint AS record_count, l.actualized::bigint AS actualized_count
FROM line l
LEFT JOIN LATERAL (
  SELECT requested_by, parameters FROM sync_job
  WHERE id = CASE WHEN l.cause_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN l.cause_id::uuid END AND organization_id = $1
) j ON true
LEFT JOIN LATERAL (
  SELECT resolved_by, resolution_reason FROM pfa_sync_conflict
  WHERE id = CASE WHEN l.cause = 'conflict' THEN l.cause_id::uuid END AND organization_id = $1
) c ON true
ORDER BY l.place, l.changed_at, l.cause_id
