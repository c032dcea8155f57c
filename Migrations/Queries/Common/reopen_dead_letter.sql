-- A message that was published again could not be applied again: its letter is open once more. No row: there is no
-- such letter, or it is about another message. Delivered again, it changes nothing.
-- $1 letter  $2 which replay of it  $3 topic  $4 key  $5 value  $6 code  $7 cause
-- Locks: the letter. Index: dead_letter_pkey.
WITH letter AS MATERIALIZED (
  SELECT id FROM dead_letter
  WHERE id = $1::bigint AND topic = $3 AND message_key IS NOT DISTINCT FROM $4::bytea AND message_value IS NOT DISTINCT FROM $5::bytea
),
again AS (
  UPDATE dead_letter d SET status = 'open', attempts = d.attempts + 1, code = $6, cause = $7, updated_at = now()
  FROM letter l WHERE d.id = l.id AND d.status = 'replayed' AND d.replays = $2::int
)
SELECT id FROM letter
