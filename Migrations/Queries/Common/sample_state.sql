-- The numbers behind the gauges. Finished jobs and resolved conflicts of the last day are counted too. A read that
-- ended with a code, as an empty one does, is no success.
-- Indexes: sync_job_unfinished, sync_job_finished, dead_letter_open, pfa_sync_conflict_recent, pfa_sync_log_recent.
SELECT 'jobs' AS series, kind AS name, state AS other, count(*)::float8 AS value
FROM sync_job WHERE finished_at IS NULL GROUP BY kind, state
UNION ALL
SELECT 'jobs', kind, state, count(*)::float8
FROM sync_job WHERE finished_at > now() - interval '1 day' GROUP BY kind, state
UNION ALL
SELECT 'oldest', state, NULL, extract(epoch FROM now() - min(created_at))::float8
FROM sync_job WHERE finished_at IS NULL GROUP BY state
UNION ALL
SELECT 'dead_letters', code, NULL, count(*)::float8 FROM dead_letter WHERE status = 'open' GROUP BY code
UNION ALL
SELECT 'conflicts', status, NULL, count(*)::float8 FROM pfa_sync_conflict
WHERE status = 'open' OR resolved_at > now() - interval '1 day' GROUP BY status
UNION ALL
SELECT 'last_success', o.id, NULL, extract(epoch FROM l.completed_at)::float8
FROM organization o
CROSS JOIN LATERAL (
  SELECT s.completed_at FROM pfa_sync_log s
  WHERE s.organization_id = o.id AND s.job_id IS NOT NULL AND s.sync_direction = 'read'
    AND s.status IN ('completed', 'completed_with_errors') AND s.error_code IS NULL
  ORDER BY s.started_at DESC LIMIT 1
) l
