-- Takes over a partition: the epoch rises, so that whoever held it before is fenced from here on.
-- $1 group  $2 topic  $3 partition  $4 position for a partition never seen before  $5 owner
-- Locks: the partition's row. Index: consumer_offset_pkey.
INSERT INTO consumer_offset AS c (consumer_group, topic, partition, next_offset, epoch, owner)
VALUES ($1, $2, $3::int, $4::bigint, 1, $5)
ON CONFLICT (consumer_group, topic, partition) DO UPDATE
SET epoch = c.epoch + 1, owner = excluded.owner, updated_at = now()
RETURNING next_offset, epoch
