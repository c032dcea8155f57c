-- The newest dead letters, without their content.
-- $1 code or null  $2 organization or null  $3 status or null  $4 how many
-- Index: dead_letter_open for open ones, else dead_letter_pkey is sorted over.
SELECT id, organization_id, topic, partition, kafka_offset, code, cause, attempts, status, produced_at, created_at
FROM dead_letter
WHERE ($1::text IS NULL OR code = $1) AND ($2::text IS NULL OR organization_id = $2) AND ($3::text IS NULL OR status = $3)
ORDER BY created_at DESC, id DESC LIMIT $4::int
