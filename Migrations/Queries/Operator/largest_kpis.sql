-- The groups of an organization with the highest forecast, each with how many groups there are.
-- $1 organization  $2 how many
-- Index: kpi_slot's unique one, from its first column on.
SELECT category, source, dor, total_plan_cost, total_forecast_cost, total_actual_cost, total_variance, record_count,
  actualized_count, count(*) OVER () AS groups
FROM pfa_kpi_summary WHERE organization_id = $1
ORDER BY total_forecast_cost DESC, category, source, dor LIMIT $2::int
