-- The numbers behind the gauges of pushes: the age of the oldest that waits, in seconds, and how many were given up by
-- code. Indexes: pfa_modification_waiting, pfa_modification_failed.
SELECT 'oldest' AS series, NULL AS code,
  extract(epoch FROM now() - (SELECT min(committed_at) FROM pfa_modification WHERE sync_state IN ('committed', 'syncing')))::float8
    AS value
UNION ALL
SELECT 'failed', coalesce(error_code, ''), count(*)::float8 FROM pfa_modification WHERE sync_state = 'failed' GROUP BY error_code
