-- One dead letter with its bytes; no row: there is none. $1 id. Index: dead_letter_pkey.
SELECT id, organization_id, topic, partition, kafka_offset, message_key, message_value, headers, code, cause, attempts, status, replays,
  replayed_at, resolved_at, decided_by, reason, trace, produced_at, created_at, updated_at
FROM dead_letter WHERE id = $1::bigint
