-- Says that a worker lives, and forgets those that were silent for a day.
-- $1 name  $2 consumer group  $3 kinds
-- Locks: the worker's own row, and rows a day old. Index: live_worker_pkey.
WITH gone AS (
  DELETE FROM live_worker WHERE name <> $1 AND seen_at < now() - interval '1 day'
)
INSERT INTO live_worker (name, consumer_group, kinds) VALUES ($1, $2, $3::text[])
ON CONFLICT (name) DO UPDATE SET seen_at = now()
