-- Held messages are published, and resolved letters are what they were before: replayed.
INSERT INTO outbox (topic, message_key, message_value, headers)
SELECT topic, message_key, message_value, headers FROM held_message ORDER BY id;
DROP FUNCTION hold_message(text, text, text, integer, bigint, bytea, bytea, jsonb);
DROP TABLE held_message;
DROP FUNCTION queue_is_paused(text, text);
DROP TABLE queue_pause;

UPDATE dead_letter SET status = 'replayed' WHERE status = 'resolved';
ALTER TABLE dead_letter
  DROP CONSTRAINT dead_letter_status_check,
  DROP COLUMN replays, DROP COLUMN replayed_at, DROP COLUMN resolved_at, DROP COLUMN decided_by, DROP COLUMN reason,
  ADD CONSTRAINT dead_letter_status_check CHECK (status IN ('open', 'replayed', 'discarded'));

DROP INDEX sync_job_retry;
ALTER TABLE sync_job DROP COLUMN retry_of;
