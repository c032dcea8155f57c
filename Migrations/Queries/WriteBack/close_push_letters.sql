-- The dead letters of pushes that are due again are settled. $1 topic  $2 messages
-- Index: dead_letter_position.
UPDATE dead_letter l SET status = 'replayed', updated_at = now()
FROM unnest($2::text[]) AS t (message)
WHERE l.topic = $1 AND l.partition = -1 AND l.kafka_offset = -1 AND l.status = 'open'
  AND md5(coalesce(l.message_value, ''::bytea)) = md5(convert_to(t.message, 'UTF8'))
