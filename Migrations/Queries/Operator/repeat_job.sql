-- Queues the work of a job that has ended without success as a new job that names it; an approval is not taken over.
-- $1 id  $2 who  $3 why
-- No row: there is no such job, or it has not ended so. 23505 when another read of the organization is open.
-- Indexes: sync_job_pkey, sync_job_one_read.
INSERT INTO sync_job (organization_id, kind, priority, parameters, requested_by, retry_of)
SELECT organization_id, kind, priority,
  (parameters - '{approved,approvalReason,retryReason}'::text[])
    || jsonb_strip_nulls(jsonb_build_object('retryReason', $3::text)), $2, id
FROM sync_job WHERE id = $1::uuid AND state IN ('failed', 'cancelled')
RETURNING id
