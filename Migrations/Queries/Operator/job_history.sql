-- What happened to a job, in order: the state it came to, who did it and why, and what it was told then.
-- $1 organization  $2 job
-- Index: sync_event_key.
SELECT version, created_at, event, actor, reason, data FROM sync_job_history($1, $2::uuid) ORDER BY version
