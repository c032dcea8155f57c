-- The dead letter of a failed push: one a push, opened again when it fails again. It has no place in Kafka, because a
-- push needs no message to be found.
-- $1 organization  $2 topic  $3 key  $4 value  $5 headers  $6 code  $7 cause
-- Index: dead_letter_position.
INSERT INTO dead_letter AS l (organization_id, topic, partition, kafka_offset, message_key, message_value, headers, code, cause)
VALUES ($1, $2, -1, -1, $3::bytea, $4::bytea, $5::jsonb, $6, $7)
ON CONFLICT (topic, partition, kafka_offset, md5(coalesce(message_value, ''::bytea))) DO UPDATE
SET status = 'open', headers = excluded.headers, code = excluded.code, cause = excluded.cause, attempts = l.attempts + 1,
  updated_at = now()
