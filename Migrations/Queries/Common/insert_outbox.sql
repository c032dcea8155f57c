-- Hands a message to the relay, in the transaction of its cause. $1 topic  $2 key  $3 value  $4 headers
INSERT INTO outbox (topic, message_key, message_value, headers) VALUES ($1, $2::bytea, $3::bytea, $4::jsonb)
