-- Hands letters to the relay, as they came: bytes, key and headers, to their topic, in the order they were kept. One
-- more header names the letter and which replay of it this is.
-- $1 ids  $2 who  $3 why
-- Locks: the letters, in order of id. Index: dead_letter_pkey.
WITH letter AS MATERIALIZED (
  SELECT id FROM dead_letter WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE
),
marked AS (
  UPDATE dead_letter d
  SET status = 'replayed', replays = d.replays + 1, replayed_at = now(), resolved_at = NULL, decided_by = $2, reason = $3,
    updated_at = now()
  FROM letter l WHERE d.id = l.id
  RETURNING d.*
),
sent AS (
  INSERT INTO outbox (topic, message_key, message_value, headers)
  SELECT topic, message_key, message_value, headers || jsonb_build_array(jsonb_build_array('syncline_dead_letter', id || '/' || replays))
  FROM marked ORDER BY id
),
told AS (
  SELECT pg_notify('syncline_outbox', '') FROM (SELECT FROM marked LIMIT 1) any_of_them
)
SELECT id, organization_id, topic, partition, kafka_offset, code, cause, attempts, status, replays, replayed_at, resolved_at,
  decided_by, reason, produced_at, created_at, (SELECT count(*) FROM told) AS told
FROM marked ORDER BY id
