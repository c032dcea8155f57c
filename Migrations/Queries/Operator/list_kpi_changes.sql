-- What one cause changed of the totals, one row per group. $1 cause id. Index: kpi_change_cause.
SELECT organization_id, category, source, dor, plan_cost, forecast_cost, actual_cost, record_count, actualized_count, cause_id, changed_at
FROM kpi_change WHERE cause_id = $1
ORDER BY category, source, dor
