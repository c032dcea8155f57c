-- The totals of an organization over time: as they were at the ends of $3 equal spans between the first change of the
-- last $2 days and now, and before the first (place 0).
--
-- Counted back from the totals that are kept now, so that the last row is what `kpi show` sums up to, to the cent, also
-- when old lineage is cleaned up. A change counts at the moment its transaction began.
-- $1 organization  $2 days  $3 spans
-- Indexes: kpi_change_group, kpi_slot's unique one.
WITH kept AS (
  SELECT coalesce(sum(plan_cost), 0.00) AS plan, coalesce(sum(forecast_cost), 0.00) AS forecast,
    coalesce(sum(actual_cost), 0.00) AS actual, coalesce(sum(record_count), 0)::bigint AS records
  FROM kpi_slot WHERE organization_id = $1
),
change AS MATERIALIZED (
  SELECT changed_at, sum(plan_cost) AS plan, sum(forecast_cost) AS forecast, sum(actual_cost) AS actual,
    sum(record_count)::bigint AS records
  FROM kpi_change
  WHERE organization_id = $1 AND changed_at > now() - make_interval(days => $2::int)
  GROUP BY changed_at
),
frame AS (
  SELECT least(coalesce(min(changed_at), now() - make_interval(days => $2::int)), now() - interval '1 second') AS first_at
  FROM change
),
span AS (
  SELECT least($3::int, greatest(1,
      ceil(extract(epoch FROM c.changed_at - f.first_at) / extract(epoch FROM now() - f.first_at) * $3::int)::int)) AS place,
    sum(plan) AS plan, sum(forecast) AS forecast, sum(actual) AS actual, sum(records)::bigint AS records
  FROM change c, frame f GROUP BY 1
)
SELECT f.first_at + (now() - f.first_at) * p.place / $3::int AS moment,
  k.plan - coalesce(sum(s.plan) OVER later, 0) AS plan_cost, k.forecast - coalesce(sum(s.forecast) OVER later, 0) AS forecast_cost,
  k.actual - coalesce(sum(s.actual) OVER later, 0) AS actual_cost,
  (k.records - coalesce(sum(s.records) OVER later, 0))::bigint AS record_count
FROM generate_series(0, $3::int) AS p (place)
CROSS JOIN kept k CROSS JOIN frame f
LEFT JOIN span s ON s.place = p.place
WINDOW later AS (ORDER BY p.place DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
ORDER BY p.place
