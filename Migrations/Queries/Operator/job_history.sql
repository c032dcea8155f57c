-- What happened to a job, in order: the state it came to, who did it and why, and what it was told then.
-- $1 organization  $2 job
-- Index: sync_event_key.
SELECT version, created_at, substr(type, 5) AS event, metadata ->> 'actor' AS actor,
  coalesce(metadata ->> 'reason', data #>> '{after,parameters,retryReason}',
    nullif(concat_ws(': ', data #>> '{after,error_code}', data #>> '{after,error_message}'), '')) AS reason,
  data
FROM sync_event
WHERE organization_id = $1 AND stream = 'job/' || $2::uuid
ORDER BY version
