-- The totals of an organization, one row per group. $1 organization
-- Index: kpi_slot's unique one, from its first column on.
SELECT organization_id, category, source, dor, total_plan_cost, total_forecast_cost, total_actual_cost, total_variance, record_count,
  actualized_count
FROM pfa_kpi_summary WHERE organization_id = $1
ORDER BY category, source, dor
