-- Where the next incremental read begins: the last completed run decides, by the upstream's clock and never by ours, so
-- that a clock that was once ahead does not stay. $1 organization  $2 source  $3 watermark, ms  $4 job
INSERT INTO source_watermark AS w (organization_id, source, watermark, job_id) VALUES ($1, $2, $3::bigint, $4::uuid)
ON CONFLICT (organization_id, source) DO UPDATE
SET watermark = excluded.watermark, job_id = excluded.job_id, updated_at = now()
