-- Roll-ups for analysis and a trend of them, the eventual tier: a few seconds behind the totals, kept by whoever has
-- time, in the way of nobody.
--
-- A closing total is taken from kept totals, not added up from changes: doing it again changes nothing, a step that
-- was missed is made good by the next one, and after a restore it goes on by itself. Only days that have passed unseen
-- need the lineage: their closing totals are today's less what changed since.

-- What an organization's totals were at the end of a day in UTC; of the present day, when it was last looked at.
CREATE TABLE kpi_trend (
  organization_id      text NOT NULL REFERENCES organization (id),
  day                  date NOT NULL,
  category             text,
  total_plan_cost      numeric(38,2) NOT NULL,
  total_forecast_cost  numeric(38,2) NOT NULL,
  total_actual_cost    numeric(38,2) NOT NULL,
  record_count         bigint NOT NULL,
  actualized_count     bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (organization_id, day, category)
) WITH (fillfactor = 50);

-- When each organization was looked at last; who looks holds the row.
CREATE TABLE kpi_trend_state (
  organization_id  text PRIMARY KEY REFERENCES organization (id),
  refreshed_at     timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['kpi_trend', 'kpi_trend_state'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I USING (organization_id = (SELECT syncline_organization())) '
      'WITH CHECK (organization_id = (SELECT syncline_organization()))', tenant_table || '_tenant', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I TO syncline_system USING (true) WITH CHECK (true)', tenant_table || '_system', tenant_table);
    EXECUTE format('GRANT SELECT ON %I TO syncline_system, syncline_app, syncline_reader', tenant_table);
  END LOOP;
END
$$;
GRANT INSERT, UPDATE ON kpi_trend, kpi_trend_state TO syncline_system;

-- The latest closing totals, of each organization (level organization) and of its categories (level category).
CREATE VIEW kpi_rollup WITH (security_invoker = true) AS
SELECT t.organization_id, CASE GROUPING(t.category) WHEN 1 THEN 'organization' ELSE 'category' END AS level, t.category,
  sum(t.total_plan_cost)::numeric(38,2) AS total_plan_cost,
  sum(t.total_forecast_cost)::numeric(38,2) AS total_forecast_cost,
  sum(t.total_actual_cost)::numeric(38,2) AS total_actual_cost,
  (sum(t.total_forecast_cost) - sum(t.total_plan_cost))::numeric(38,2) AS total_variance,
  sum(t.record_count)::bigint AS record_count,
  sum(t.actualized_count)::bigint AS actualized_count,
  min(s.refreshed_at) AS refreshed_at
FROM kpi_trend_state s
JOIN kpi_trend t ON t.organization_id = s.organization_id AND t.day = (s.refreshed_at AT TIME ZONE 'UTC')::date
GROUP BY GROUPING SETS ((t.organization_id), (t.organization_id, t.category))
HAVING sum(t.record_count) > 0;
GRANT SELECT ON kpi_rollup TO syncline_system, syncline_app, syncline_reader;

-- How long operations took, from when they were asked for to when they were in effect. A version check is a commit of
-- drafts: each of its edits is checked against the version its user saw.
CREATE VIEW operation_logs WITH (security_invoker = true) AS
SELECT j.id AS job_id, j.organization_id, CASE j.kind WHEN 'draft_commit' THEN 'version_check' ELSE j.kind END AS operation_type,
  (extract(epoch FROM j.finished_at - j.created_at) * 1000)::float8 AS duration_ms, j.state = 'succeeded' AS success,
  j.finished_at AS created_at
FROM sync_job j WHERE j.finished_at IS NOT NULL;

-- The same of the last hour, by type.
CREATE VIEW operation_statistics WITH (security_invoker = true) AS
SELECT operation_type, count(*) AS operations, avg(duration_ms) AS mean_ms,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95_ms,
  percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms) AS p99_ms
FROM operation_logs WHERE created_at > now() - interval '1 hour'
GROUP BY operation_type;
GRANT SELECT ON operation_logs, operation_statistics TO syncline_system, syncline_app, syncline_reader;
