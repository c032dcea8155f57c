-- A job is not fired for an organization any more; when it is again it begins anew. $1 job  $2 organization
-- Locks: the row. Index: job_schedule_pkey.
UPDATE job_schedule SET is_active = false, next_at = NULL WHERE job = $1 AND organization_id = $2 AND is_active
