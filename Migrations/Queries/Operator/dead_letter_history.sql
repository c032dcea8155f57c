-- What became of a dead letter, in order. $1 letter. Index: operator_event_letter.
SELECT created_at, event, actor, reason, before, after FROM operator_event WHERE letter_id = $1::bigint ORDER BY id
