-- Keeps a message of paused work until it is resumed; 40001 when it was resumed meanwhile.
-- $1 kind  $2 organization  $3 topic  $4 partition  $5 offset  $6 key  $7 value  $8 headers
SELECT hold_message($1, $2, $3, $4::int, $5::bigint, $6::bytea, $7::bytea, $8::jsonb)
