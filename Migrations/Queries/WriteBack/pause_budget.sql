-- A tenant asks for rest: nobody gets a right before it has passed.
-- $1 tenant  $2 seconds of rest  $3 seconds that may be saved up
INSERT INTO upstream_budget AS b (tenant, free_at)
VALUES ($1, clock_timestamp() + make_interval(secs => $2::float8 + $3::float8))
ON CONFLICT (tenant) DO UPDATE SET free_at = greatest(b.free_at, excluded.free_at)
