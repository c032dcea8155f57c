-- A message that was published again has been applied: its letter is resolved, also when it was given up meanwhile.
-- Nothing changes when its letter is no longer waiting for that.
-- $1 letter  $2 which replay of it  $3 topic  $4 key  $5 value
-- Locks: the letter. Index: dead_letter_pkey.
UPDATE dead_letter SET status = 'resolved', resolved_at = now(), updated_at = now()
WHERE id = $1::bigint AND status IN ('replayed', 'discarded') AND replays = $2::int AND topic = $3
  AND message_key IS NOT DISTINCT FROM $4::bytea AND message_value IS NOT DISTINCT FROM $5::bytea
