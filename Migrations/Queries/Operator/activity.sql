-- What `top` shows in its head, of all organizations: jobs by state, failures of the last hour, open dead letters and
-- conflicts, held messages, pauses, what waits in the outbox. One row.
-- Indexes: sync_job_unfinished, sync_job_finished, dead_letter_open, pfa_sync_conflict_recent.
SELECT (SELECT count(*) FROM sync_job WHERE finished_at IS NULL AND state = 'queued') AS queued,
  (SELECT count(*) FROM sync_job WHERE finished_at IS NULL AND state = 'running') AS running,
  (SELECT count(*) FROM sync_job WHERE finished_at IS NULL AND state = 'retrying') AS retrying,
  (SELECT count(*) FROM sync_job WHERE finished_at IS NULL AND state = 'awaiting_approval') AS awaiting_approval,
  (SELECT count(*) FROM sync_job WHERE finished_at > now() - interval '1 hour' AND state = 'failed') AS failed,
  (SELECT count(*) FROM sync_job WHERE finished_at > now() - interval '1 hour' AND state = 'succeeded') AS succeeded,
  (SELECT count(*) FROM dead_letter WHERE status = 'open') AS dead_letters,
  (SELECT count(*) FROM pfa_sync_conflict WHERE status = 'open') AS conflicts,
  (SELECT count(*) FROM held_message) AS held_messages,
  (SELECT count(*) FROM queue_pause WHERE resumed_at IS NULL) AS pauses,
  (SELECT count(*) FROM outbox WHERE parked_at IS NULL) AS outbox
