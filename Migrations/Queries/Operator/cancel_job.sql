-- Ends a job that is not final yet. Its holder finds out with its next statement; messages that wait are still applied,
-- and then added to the log row.
-- $1 id  $2 reason
-- No row: there is no such job, or it is final. Locks: the job, then its waiting pages; waits for those that are
-- being applied.
-- Indexes: sync_job_pkey, sync_page_waiting.
WITH job AS (
  UPDATE sync_job
  SET state = 'cancelled', finished_at = now(), lease_token = NULL, lease_expires_at = NULL, error_code = 'CANCELLED', error_message = $2
  WHERE id = $1::uuid AND state IN ('queued', 'running', 'retrying', 'awaiting_approval')
  RETURNING id
),
changes AS (
  -- One that is being applied is brought to its end by whoever comes next to its project.
  UPDATE schema_changes c SET status = 'failed', error_code = 'CANCELLED', error = $2
  FROM job WHERE c.job_id = job.id AND c.status = 'pending'
),
pages AS (
  UPDATE sync_page p SET is_late = true
  FROM job WHERE p.job_id = job.id AND p.state = 'allocated'
)
SELECT id FROM job
