-- Corrects the totals of an organization by their difference to a recomputation. Both are read in one snapshot and
-- the difference is added, so writers go on undisturbed: what they add later is added to right totals. Nothing is
-- locked but the slots that change.
-- $1 organization  $2 KPI slot  $3 cause id
WITH delta AS MATERIALIZED (
  SELECT category, source, dor, expected_plan_cost - plan_cost AS plan, expected_forecast_cost - forecast_cost AS forecast,
    expected_actual_cost - actual_cost AS actual, expected_record_count - record_count AS records,
    expected_actualized_count - actualized_count AS actualized
  FROM pfa_kpi_difference WHERE organization_id = $1
),
totals AS (
  INSERT INTO kpi_slot AS s (organization_id, category, source, dor, slot, plan_cost, forecast_cost, actual_cost,
    record_count, actualized_count)
  SELECT $1, category, source, dor, $2::smallint, plan, forecast, actual, records, actualized FROM delta ORDER BY category, source, dor
  ON CONFLICT (organization_id, category, source, dor, slot) DO UPDATE
  SET plan_cost = s.plan_cost + excluded.plan_cost, forecast_cost = s.forecast_cost + excluded.forecast_cost,
    actual_cost = s.actual_cost + excluded.actual_cost, record_count = s.record_count + excluded.record_count,
    actualized_count = s.actualized_count + excluded.actualized_count
),
lineage AS (
  INSERT INTO kpi_change (organization_id, category, source, dor, cause, cause_id, plan_cost, forecast_cost,
    actual_cost, record_count, actualized_count)
  SELECT $1, category, source, dor, 'rebuild', $3, plan, forecast, actual, records, actualized FROM delta
)
SELECT count(*) AS corrected FROM delta
