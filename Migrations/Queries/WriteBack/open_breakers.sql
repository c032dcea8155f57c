-- Upstreams that have not answered since they were left alone; those that nobody may ask now rest.
-- The table has a row for each tenant of an upstream: it is read as a whole.
SELECT tenant, openings, syncline_moment(open_since) AS since,
  syncline_moment(greatest(open_until, probe_until)) AS until, error_code, error_message,
  greatest(open_until, probe_until) > now() AS rests
FROM upstream_budget WHERE openings > 0 ORDER BY open_since, tenant
