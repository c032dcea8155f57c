-- The log row and the checkpoint of a run, once; and where it stands.
-- $1 job  $2 organization  $3 sync type  $4 source  $5 attempt
WITH log AS (
  INSERT INTO pfa_sync_log (job_id, organization_id, sync_type, source, attempt) VALUES ($1::uuid, $2, $3, $4, $5::int)
  ON CONFLICT (job_id) DO UPDATE
  SET attempt = excluded.attempt, status = 'running', completed_at = NULL, error_code = NULL, error_message = NULL
),
checkpoint AS (
  INSERT INTO read_checkpoint (job_id, organization_id) VALUES ($1::uuid, $2) ON CONFLICT (job_id) DO NOTHING
)
SELECT 1
