-- The read sync of an organization that is not ended yet. $1 organization. Index: sync_job_one_read.
SELECT id FROM sync_job
WHERE organization_id = $1 AND kind = 'read_sync' AND state IN ('queued', 'running', 'retrying', 'awaiting_approval')
  AND parameters -> 'dryRun' IS DISTINCT FROM 'true'
