-- Moves a partition past offsets that Kafka no longer has, and remembers the gap. No row: the caller lost the
-- partition.
-- $1 group  $2 topic  $3 partition  $4 epoch  $5 where the log goes on
-- Locks: the partition's row. Index: consumer_offset_pkey.
UPDATE consumer_offset
SET gap_from = next_offset, gap_to = $5::bigint, next_offset = $5::bigint, updated_at = now()
WHERE consumer_group = $1 AND topic = $2 AND partition = $3::int AND epoch = $4::bigint
RETURNING gap_from
