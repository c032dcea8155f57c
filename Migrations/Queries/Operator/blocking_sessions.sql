-- Sessions that keep others of this database waiting for a lock and wait for none themselves, whoever keeps most
-- waiting first; at most 5. They count once their transaction is open for $1 seconds and somebody has waited for a
-- second: how long a waiter waits by itself says less, as a worker's wait ends with its statement timeout and begins
-- anew. pid 0 is a prepared transaction. What this login may not see of a session is empty, and its transaction then as
-- old as the longest wait. $1 seconds
-- Reads the views of locks and activity only.
WITH RECURSIVE waiting AS MATERIALIZED (
  SELECT l.pid, coalesce(min(l.waitstart), statement_timestamp()) AS since, pg_blocking_pids(l.pid) AS blockers
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE NOT l.granted AND a.datname = current_database()
  GROUP BY l.pid
), chain AS (
  SELECT pid, since, unnest(blockers) AS blocker FROM waiting
  UNION
  SELECT c.pid, c.since, unnest(w.blockers) FROM chain c JOIN waiting w ON w.pid = c.blocker
)
SELECT c.blocker::bigint AS pid, coalesce(a.usename, '') AS login, coalesce(a.application_name, '') AS application,
  coalesce(a.state, '') AS state,
  extract(epoch FROM statement_timestamp() - coalesce(a.xact_start, min(c.since)))::bigint AS seconds,
  count(DISTINCT c.pid) AS waiting, extract(epoch FROM statement_timestamp() - min(c.since))::bigint AS longest
FROM chain c LEFT JOIN pg_stat_activity a ON a.pid = c.blocker
WHERE NOT EXISTS (SELECT FROM waiting w WHERE w.pid = c.blocker)
GROUP BY c.blocker, a.usename, a.application_name, a.state, a.xact_start
HAVING min(c.since) < statement_timestamp() - interval '1 second'
  AND coalesce(a.xact_start, min(c.since)) <= statement_timestamp() - make_interval(secs => $1::int)
ORDER BY waiting DESC, longest DESC LIMIT 5
