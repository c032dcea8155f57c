-- The names readers use for totals and bounds. Both are exact in every snapshot: one sums the slots, the other probes
-- the ends of indexes.

-- A database of the old design has these names as materialized views, always a refresh behind; they make way.
DO $$
DECLARE
  old_view text;
BEGIN
  FOR old_view IN SELECT matviewname FROM pg_matviews
    WHERE schemaname = 'public' AND matviewname IN ('pfa_kpi_summary', 'pfa_timeline_bounds') LOOP
    EXECUTE format('DROP MATERIALIZED VIEW IF EXISTS %I CASCADE', old_view);
  END LOOP;
END
$$;

CREATE VIEW pfa_kpi_summary WITH (security_invoker = true) AS
SELECT organization_id, category, source, dor,
  sum(plan_cost)::numeric(38,2) AS total_plan_cost,
  sum(forecast_cost)::numeric(38,2) AS total_forecast_cost,
  sum(actual_cost)::numeric(38,2) AS total_actual_cost,
  (sum(forecast_cost) - sum(plan_cost))::numeric(38,2) AS total_variance,
  sum(record_count)::bigint AS record_count,
  sum(actualized_count)::bigint AS actualized_count
FROM kpi_slot
GROUP BY organization_id, category, source, dor
HAVING sum(record_count) > 0;

-- The same from the records themselves: what pfa_kpi_summary must equal at every commit.
CREATE VIEW pfa_kpi_recomputed WITH (security_invoker = true) AS
SELECT organization_id, category, source, dor,
  sum(pfa_phase_cost(source, monthly_rate, purchase_price, original_start, original_end)) AS total_plan_cost,
  sum(pfa_phase_cost(source, monthly_rate, purchase_price, forecast_start, forecast_end)) AS total_forecast_cost,
  sum(CASE WHEN is_actualized
    THEN pfa_phase_cost(source, monthly_rate, purchase_price, actual_start, actual_end) ELSE 0 END) AS total_actual_cost,
  sum(pfa_phase_cost(source, monthly_rate, purchase_price, forecast_start, forecast_end))
    - sum(pfa_phase_cost(source, monthly_rate, purchase_price, original_start, original_end)) AS total_variance,
  count(*) AS record_count,
  count(*) FILTER (WHERE is_actualized) AS actualized_count
FROM pfa_mirror
WHERE NOT is_discontinued
GROUP BY organization_id, category, source, dor;

CREATE VIEW pfa_timeline_bounds WITH (security_invoker = true) AS
SELECT o.id AS organization_id,
  (SELECT m.original_start FROM pfa_mirror m WHERE m.organization_id = o.id AND NOT m.is_discontinued AND m.original_start IS NOT NULL
    ORDER BY m.original_start LIMIT 1) AS plan_start,
  (SELECT m.original_end FROM pfa_mirror m WHERE m.organization_id = o.id AND NOT m.is_discontinued AND m.original_end IS NOT NULL
    ORDER BY m.original_end DESC LIMIT 1) AS plan_end,
  (SELECT m.forecast_start FROM pfa_mirror m WHERE m.organization_id = o.id AND NOT m.is_discontinued AND m.forecast_start IS NOT NULL
    ORDER BY m.forecast_start LIMIT 1) AS forecast_start,
  (SELECT m.forecast_end FROM pfa_mirror m WHERE m.organization_id = o.id AND NOT m.is_discontinued AND m.forecast_end IS NOT NULL
    ORDER BY m.forecast_end DESC LIMIT 1) AS forecast_end,
  (SELECT m.actual_start FROM pfa_mirror m WHERE m.organization_id = o.id AND NOT m.is_discontinued AND m.actual_start IS NOT NULL
    ORDER BY m.actual_start LIMIT 1) AS actual_start,
  (SELECT m.actual_end FROM pfa_mirror m WHERE m.organization_id = o.id AND NOT m.is_discontinued AND m.actual_end IS NOT NULL
    ORDER BY m.actual_end DESC LIMIT 1) AS actual_end,
  s.total_records, s.actualized_records
FROM organization o
CROSS JOIN LATERAL (
  SELECT coalesce(sum(k.record_count), 0)::bigint AS total_records, coalesce(sum(k.actualized_count), 0)::bigint AS actualized_records
  FROM kpi_slot k WHERE k.organization_id = o.id
) s
WHERE s.total_records > 0;

-- Kept totals beside recomputed ones, one row per group that differs, both from the snapshot of the statement that
-- reads it. Groups are united and grouped, not joined: a join would lose the groups whose category, source or dor is
-- null.
CREATE VIEW pfa_kpi_difference WITH (security_invoker = true) AS
SELECT organization_id, category, source, dor,
  sum(plan_cost) AS plan_cost, sum(expected_plan_cost) AS expected_plan_cost,
  sum(forecast_cost) AS forecast_cost, sum(expected_forecast_cost) AS expected_forecast_cost,
  sum(actual_cost) AS actual_cost, sum(expected_actual_cost) AS expected_actual_cost,
  sum(record_count)::bigint AS record_count, sum(expected_record_count)::bigint AS expected_record_count,
  sum(actualized_count)::bigint AS actualized_count, sum(expected_actualized_count)::bigint AS expected_actualized_count
FROM (
  SELECT organization_id, category, source, dor, plan_cost, 0.00 AS expected_plan_cost, forecast_cost, 0.00 AS expected_forecast_cost,
    actual_cost, 0.00 AS expected_actual_cost, record_count, 0 AS expected_record_count, actualized_count, 0 AS expected_actualized_count
  FROM kpi_slot
  UNION ALL
  SELECT organization_id, category, source, dor, 0, total_plan_cost, 0, total_forecast_cost, 0, total_actual_cost, 0, record_count, 0,
    actualized_count
  FROM pfa_kpi_recomputed
) both_sides
GROUP BY organization_id, category, source, dor
HAVING sum(plan_cost) <> sum(expected_plan_cost) OR sum(forecast_cost) <> sum(expected_forecast_cost)
  OR sum(actual_cost) <> sum(expected_actual_cost) OR sum(record_count) <> sum(expected_record_count)
  OR sum(actualized_count) <> sum(expected_actualized_count);
