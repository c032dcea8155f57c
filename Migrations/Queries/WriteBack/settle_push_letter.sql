-- The dead letter that a push once became is settled: PEMS has its values, whoever asked for them again. $1 topic
-- $2 message. Index: dead_letter_position.
UPDATE dead_letter l SET status = 'resolved', resolved_at = now(), updated_at = now()
WHERE l.topic = $1 AND l.partition = -1 AND l.kafka_offset = -1 AND l.status IN ('open', 'replayed')
  AND md5(coalesce(l.message_value, ''::bytea)) = md5($2::bytea)
