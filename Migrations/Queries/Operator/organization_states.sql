-- Organizations with their totals, their last successful read and how the newest one ended, by id. A read that ended
-- with a code, as an empty one does, is no success.
-- $1 only this one, or null  $2 how many
-- Indexes: organization_pkey, pfa_sync_log_recent, kpi_slot's unique one.
SELECT o.id, o.name, o.status, k.record_count, k.total_plan_cost, k.total_forecast_cost, k.total_actual_cost,
  s.completed_at AS last_success, n.status AS last_status, n.error_code AS last_error, n.started_at AS last_start
FROM (SELECT id, name, status FROM organization WHERE $1::text IS NULL OR id = $1 ORDER BY id LIMIT $2::int) o
CROSS JOIN LATERAL (
  SELECT coalesce(sum(record_count), 0)::bigint AS record_count, coalesce(sum(plan_cost), 0.00) AS total_plan_cost,
    coalesce(sum(forecast_cost), 0.00) AS total_forecast_cost, coalesce(sum(actual_cost), 0.00) AS total_actual_cost
  FROM kpi_slot WHERE organization_id = o.id
) k
LEFT JOIN LATERAL (
  SELECT completed_at FROM pfa_sync_log
  WHERE organization_id = o.id AND job_id IS NOT NULL AND sync_direction = 'read'
    AND status IN ('completed', 'completed_with_errors') AND error_code IS NULL
  ORDER BY started_at DESC LIMIT 1
) s ON true
LEFT JOIN LATERAL (
  SELECT status, error_code, started_at FROM pfa_sync_log
  WHERE organization_id = o.id AND job_id IS NOT NULL AND sync_direction = 'read'
  ORDER BY started_at DESC LIMIT 1
) n ON true
ORDER BY o.id
