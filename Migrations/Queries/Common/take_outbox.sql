-- The oldest messages to publish, at most 4 MB of them but always one; parked ones are left alone. One relay at a time,
-- or two could swap the order of a key: the lock ends with the transaction. Asked once: asked per row, the answer could
-- change on the way, and newer messages would be taken before older ones. $1 how many
SELECT id, topic, message_key, message_value, headers
FROM (
  SELECT o.*, sum(coalesce(octet_length(message_key), 0) + coalesce(octet_length(message_value), 0) + pg_column_size(headers))
      OVER (ORDER BY id) AS bytes, row_number() OVER (ORDER BY id) AS place
  FROM (
    SELECT id, topic, message_key, message_value, headers FROM outbox
    WHERE (SELECT pg_try_advisory_xact_lock(7236001)) AND parked_at IS NULL
    ORDER BY id LIMIT $1::int
  ) o
) oldest
WHERE bytes <= 4000000 OR place = 1
ORDER BY id
