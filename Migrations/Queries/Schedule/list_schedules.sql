-- How far every job has been fired, times in seconds since 1970. Index: job_schedule_pkey.
SELECT job, organization_id, definition, is_active, extract(epoch FROM handled_until)::bigint AS handled_until,
  extract(epoch FROM next_at)::bigint AS next_at
FROM job_schedule
