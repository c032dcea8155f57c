-- Keeps a message that can not be applied, and hands a copy to the relay. The same message at the same place is kept
-- once, and published once.
-- $1 organization or null  $2 topic  $3 partition  $4 offset  $5 key  $6 value  $7 headers  $8 code  $9 cause  $10
-- trace  $11 produced at, ms  $12 topic of the copy  $13 its headers
-- No conflict target and no column in RETURNING: naming one would take the right to read it, and a tenant's worker must
-- not read the letters of others. Index: dead_letter_position.
WITH kept AS (
  INSERT INTO dead_letter (organization_id, topic, partition, kafka_offset, message_key, message_value, headers, code, cause,
    trace, produced_at)
  VALUES ($1, $2, $3::int, $4::bigint, $5::bytea, $6::bytea, $7::jsonb, $8, $9, $10,
    to_timestamp($11::bigint / 1000.0))
  ON CONFLICT DO NOTHING
  RETURNING 1
)
INSERT INTO outbox (topic, message_key, message_value, headers)
SELECT $12, $5::bytea, $6::bytea, $13::jsonb WHERE EXISTS (SELECT FROM kept)
