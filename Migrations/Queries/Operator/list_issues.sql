-- What was wrong with records of a run, in the order it was found: by its job, or by organization and stream.
-- $1 job or null  $2 organization  $3 stream or null  $4 how many
-- Indexes: sync_record_issue_job, sync_record_issue_stream.
SELECT id, job_id, stream, organization_id, page, pfa_id, field, code, raw, rejected, topic, partition, kafka_offset, created_at
FROM sync_record_issue
WHERE job_id = $1::uuid OR (organization_id = $2 AND stream = $3)
ORDER BY id LIMIT $4::int
