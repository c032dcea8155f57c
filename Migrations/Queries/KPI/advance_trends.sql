-- Brings the trend of organizations up to date whose totals have changed, or that nobody has looked at for a minute;
-- those that waited longest first. What another session works on is left to it. $1 how many at most
--
-- A transaction's changes carry the moment it began, so one that committed meanwhile may bear an earlier moment than
-- the last look: ten seconds are looked back, and the look of every minute finds the rest.
-- Locks: rows of kpi_trend_state, then of kpi_trend; none that an apply or a commit wants. Index: kpi_change_group.
WITH entered AS (
  INSERT INTO kpi_trend_state (organization_id)
  SELECT o.id FROM organization o WHERE NOT EXISTS (SELECT FROM kpi_trend_state s WHERE s.organization_id = o.id)
  ON CONFLICT DO NOTHING
),
due AS MATERIALIZED (
  SELECT s.organization_id, s.refreshed_at FROM kpi_trend_state s
  WHERE s.refreshed_at < now() - interval '1 minute'
    -- Not EXISTS: believed to be found soon, it is looked for in all rows of the table.
    OR (s.refreshed_at < now() - interval '500 ms' AND (
      SELECT max(c.changed_at) FROM kpi_change c WHERE c.organization_id = s.organization_id) > s.refreshed_at - interval '10 s')
  ORDER BY s.refreshed_at, s.organization_id LIMIT $1::int
  FOR UPDATE SKIP LOCKED
),
-- From the day of the last look (of an hour before, for what was under way at midnight) until today; at first from the
-- day of the oldest change.
span AS MATERIALIZED (
  SELECT d.organization_id, (now() AT TIME ZONE 'UTC')::date AS last_day,
    ((CASE WHEN isfinite(d.refreshed_at) THEN d.refreshed_at - interval '1 hour' ELSE coalesce((
      SELECT min(c.changed_at) FROM kpi_change c WHERE c.organization_id = d.organization_id), now()) END)
      AT TIME ZONE 'UTC')::date AS first_day
  FROM due d
),
kept AS MATERIALIZED (
  SELECT k.organization_id, k.category, sum(k.plan_cost) AS plan, sum(k.forecast_cost) AS forecast, sum(k.actual_cost) AS actual,
    sum(k.record_count) AS records, sum(k.actualized_count) AS actualized
  FROM span s JOIN kpi_slot k ON k.organization_id = s.organization_id
  GROUP BY k.organization_id, k.category
),
-- Nothing as a rule: what changed after the first of several days.
later AS MATERIALIZED (
  SELECT c.organization_id, c.category, (c.changed_at AT TIME ZONE 'UTC')::date AS day, sum(c.plan_cost) AS plan,
    sum(c.forecast_cost) AS forecast, sum(c.actual_cost) AS actual, sum(c.record_count) AS records, sum(c.actualized_count) AS actualized
  FROM span s
  JOIN kpi_change c ON c.organization_id = s.organization_id AND c.changed_at >= (s.first_day + 1)::timestamp AT TIME ZONE 'UTC'
  WHERE s.first_day < s.last_day
  GROUP BY c.organization_id, c.category, (c.changed_at AT TIME ZONE 'UTC')::date
),
written AS (
  INSERT INTO kpi_trend AS t (organization_id, day, category, total_plan_cost, total_forecast_cost, total_actual_cost, record_count,
    actualized_count)
  SELECT k.organization_id, s.first_day + n, k.category, k.plan - l.plan, k.forecast - l.forecast, k.actual - l.actual,
    k.records - l.records, k.actualized - l.actualized
  FROM span s
  CROSS JOIN LATERAL generate_series(0, s.last_day - s.first_day) n
  JOIN kept k ON k.organization_id = s.organization_id
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(c.plan), 0) AS plan, coalesce(sum(c.forecast), 0) AS forecast, coalesce(sum(c.actual), 0) AS actual,
      coalesce(sum(c.records), 0) AS records, coalesce(sum(c.actualized), 0) AS actualized
    FROM later c
    WHERE c.organization_id = k.organization_id AND c.category IS NOT DISTINCT FROM k.category AND c.day > s.first_day + n
  ) l
  ORDER BY k.organization_id, s.first_day + n, k.category
  ON CONFLICT (organization_id, day, category) DO UPDATE
  SET total_plan_cost = excluded.total_plan_cost, total_forecast_cost = excluded.total_forecast_cost,
    total_actual_cost = excluded.total_actual_cost, record_count = excluded.record_count, actualized_count = excluded.actualized_count
  WHERE (t.total_plan_cost, t.total_forecast_cost, t.total_actual_cost, t.record_count, t.actualized_count)
    IS DISTINCT FROM (excluded.total_plan_cost, excluded.total_forecast_cost, excluded.total_actual_cost, excluded.record_count,
      excluded.actualized_count)
  RETURNING 1
),
looked AS (
  UPDATE kpi_trend_state s SET refreshed_at = now() FROM due d WHERE s.organization_id = d.organization_id
)
SELECT (SELECT count(*) FROM due) AS organizations, (SELECT count(*) FROM written) AS rows
