-- The closing totals of an organization's last days, oldest first. $1 organization  $2 category, or null for all
-- $3 how many days. Index: kpi_trend's unique one.
SELECT day, sum(total_plan_cost) AS total_plan_cost, sum(total_forecast_cost) AS total_forecast_cost,
  sum(total_actual_cost) AS total_actual_cost, sum(total_forecast_cost) - sum(total_plan_cost) AS total_variance,
  sum(record_count)::bigint AS record_count, sum(actualized_count)::bigint AS actualized_count
FROM kpi_trend
WHERE organization_id = $1 AND day > (now() AT TIME ZONE 'UTC')::date - $3::int AND ($2::text IS NULL OR category = $2)
GROUP BY day ORDER BY day
