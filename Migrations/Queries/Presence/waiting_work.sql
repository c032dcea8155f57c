-- How much waits for a worker: jobs that are due, requests that no worker has taken, messages for the relay. One row.
-- Indexes: sync_job_unfinished, job_request_age.
SELECT (SELECT count(*) FROM sync_job WHERE finished_at IS NULL AND state IN ('queued', 'retrying', 'running') AND run_at <= now())
    AS jobs,
  (SELECT count(*) FROM job_request r WHERE r.requested_at > now() - interval '1 day'
    AND NOT EXISTS (SELECT FROM sync_job j WHERE j.id = r.job_id)) AS requests,
  (SELECT count(*) FROM outbox WHERE parked_at IS NULL) AS messages
