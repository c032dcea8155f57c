-- What edits would do to the totals, one row per group that changes, under the names of pfa_kpi_summary. Reads only.
-- $1 records  $2 the fields that change
-- Index: pfa_mirror_pkey.
WITH edit AS MATERIALIZED (
  SELECT m.*, m.data || e.patch::jsonb AS d FROM unnest($1::text[]::uuid[], $2::text[]) AS e (id, patch) JOIN pfa_mirror m ON m.id = e.id
),
effect AS (
  SELECT category, source, dor, is_actualized, monthly_rate, purchase_price, original_start, original_end, forecast_start,
    forecast_end, actual_start, actual_end, -1 AS sign
  FROM edit WHERE NOT is_discontinued
  UNION ALL
  SELECT d ->> 'category', d ->> 'source', d ->> 'dor', is_actualized, pfa_money(d -> 'monthlyRate'),
    pfa_money(d -> 'purchasePrice'), original_start, original_end, pfa_date(d ->> 'forecastStart'),
    pfa_date(d ->> 'forecastEnd'), actual_start, actual_end, 1
  FROM edit WHERE NOT pfa_flag(d -> 'isDiscontinued')
),
delta AS (
  SELECT category, source, dor,
    sum(sign * pfa_phase_cost(source, monthly_rate, purchase_price, original_start, original_end)) AS plan_cost,
    sum(sign * pfa_phase_cost(source, monthly_rate, purchase_price, forecast_start, forecast_end)) AS forecast_cost,
    sum(sign * CASE WHEN is_actualized
      THEN pfa_phase_cost(source, monthly_rate, purchase_price, actual_start, actual_end) ELSE 0 END) AS actual_cost,
    sum(sign) AS record_count, sum(sign * is_actualized::int) AS actualized_count
  FROM effect GROUP BY category, source, dor
)
SELECT category, source, dor, plan_cost::numeric(20, 2) AS total_plan_cost, forecast_cost::numeric(20, 2) AS total_forecast_cost,
  actual_cost::numeric(20, 2) AS total_actual_cost, (forecast_cost - plan_cost)::numeric(20, 2) AS total_variance, record_count,
  actualized_count
FROM delta
WHERE plan_cost <> 0 OR forecast_cost <> 0 OR actual_cost <> 0 OR record_count <> 0 OR actualized_count <> 0
ORDER BY category, source, dor
