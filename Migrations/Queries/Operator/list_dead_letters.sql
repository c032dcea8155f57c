-- Dead letters without their content, the newest first; null means any.
-- $1 ids  $2 code  $3 topic  $4 organization  $5 a part of the cause  $6 status  $7 how many, null for all
-- Index: dead_letter_open for open ones, dead_letter_pkey by id, else all are sorted.
SELECT id, organization_id, topic, partition, kafka_offset, code, cause, attempts, status, replays, replayed_at, resolved_at,
  decided_by, reason, produced_at, created_at
FROM dead_letter
WHERE ($1::bigint[] IS NULL OR id = ANY ($1)) AND ($2::text IS NULL OR code = $2) AND ($3::text IS NULL OR topic = $3)
  AND ($4::text IS NULL OR organization_id = $4) AND ($5::text IS NULL OR strpos(lower(cause), lower($5)) > 0)
  AND ($6::text IS NULL OR status = $6)
ORDER BY created_at DESC, id DESC LIMIT $7::bigint
