-- How a tenant's upstream does; no row: nobody has asked it yet. Moments but `since` are seconds since 1970 by the
-- database's clock.
-- $1 tenant
-- Index: upstream_budget_pkey.
SELECT failures, openings, extract(epoch FROM open_until)::float8 AS open_until,
  extract(epoch FROM probe_until)::float8 AS probe_until, revision,
  extract(epoch FROM clock_timestamp())::float8 AS now, syncline_moment(open_since) AS since, error_code, error_message
FROM upstream_budget WHERE tenant = $1
