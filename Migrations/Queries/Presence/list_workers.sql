-- Workers by name, silent ones of the last day too. $1 seconds without a sign of life after which one counts as dead
SELECT name, consumer_group, kinds, started_at, seen_at, extract(epoch FROM now() - seen_at)::bigint AS silent_for,
  seen_at >= now() - make_interval(secs => $1::int) AS is_alive
FROM live_worker
ORDER BY name
