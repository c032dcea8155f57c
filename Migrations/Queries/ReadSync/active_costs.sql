-- Every active record with what it adds to its group: what a sweep would take away. $1 organization
SELECT pfa_id, category, source, dor,
  pfa_phase_cost(source, monthly_rate, purchase_price, original_start, original_end) AS plan,
  pfa_phase_cost(source, monthly_rate, purchase_price, forecast_start, forecast_end) AS forecast,
  CASE WHEN is_actualized THEN pfa_phase_cost(source, monthly_rate, purchase_price, actual_start, actual_end) ELSE 0 END AS actual,
  is_actualized::int AS actualized
FROM pfa_mirror WHERE organization_id = $1 AND NOT is_discontinued
