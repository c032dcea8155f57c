-- Takes the right to one request to a tenant; returns how many seconds to wait before using it. Requests are spread
-- over time, but a second's worth may come at once.
-- $1 tenant  $2 seconds between requests  $3 seconds that may be saved up
INSERT INTO upstream_budget AS b (tenant, free_at)
VALUES ($1, clock_timestamp() + make_interval(secs => $2::float8))
ON CONFLICT (tenant) DO UPDATE
SET free_at = greatest(b.free_at, clock_timestamp()) + make_interval(secs => $2::float8)
RETURNING greatest(0, extract(epoch FROM free_at - clock_timestamp())::float8 - greatest($2::float8, $3::float8)) AS wait
