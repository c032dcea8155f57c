-- What is under way in the lane of a firing. $1 organization  $2 lane  $3 job  $4 firing
-- `is_known`: the firing itself was recorded before. `jobs`: ids of jobs under way whose row is there. Indexes:
-- job_firing_open, sync_job_one_read, sync_job_pkey.
WITH busy AS (
  SELECT f.id, f.state, f.job, f.job_id FROM job_firing f
  WHERE f.organization_id = $1 AND f.lane = $2 AND f.finished_at IS NULL AND f.id <> $4::uuid
),
under_way AS (
  SELECT j.id FROM sync_job j WHERE j.id IN (SELECT job_id FROM busy WHERE state <> 'waiting') AND j.finished_at IS NULL
  UNION
  SELECT j.id FROM sync_job j
  WHERE $2 = 'read_sync' AND j.organization_id = $1 AND j.kind = 'read_sync'
    AND j.state IN ('queued', 'running', 'retrying', 'awaiting_approval') AND j.parameters -> 'dryRun' IS DISTINCT FROM 'true'
)
SELECT EXISTS (SELECT FROM busy WHERE state <> 'waiting') OR EXISTS (SELECT FROM under_way) AS is_busy,
  EXISTS (SELECT FROM busy WHERE state = 'waiting' AND job = $3) AS has_waiting,
  NOT EXISTS (
    SELECT FROM busy b WHERE b.state <> 'waiting' AND NOT EXISTS (SELECT FROM under_way u WHERE u.id = b.job_id)) AS can_cancel,
  EXISTS (SELECT FROM job_firing WHERE id = $4::uuid) AS is_known,
  ARRAY(SELECT id::text FROM under_way) AS jobs
