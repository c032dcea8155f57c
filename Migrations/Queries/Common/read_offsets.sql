-- The applied position of every partition of a group. $1 group
SELECT topic, partition, next_offset, epoch, owner, gap_from, gap_to, updated_at
FROM consumer_offset WHERE consumer_group = $1 ORDER BY topic, partition
