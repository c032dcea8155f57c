-- Gives letters up; they are kept, with who and why. $1 ids  $2 who  $3 why
-- Locks: the letters, in order of id. Index: dead_letter_pkey.
WITH letter AS MATERIALIZED (
  SELECT id FROM dead_letter WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE
),
marked AS (
  UPDATE dead_letter d SET status = 'discarded', decided_by = $2, reason = $3, updated_at = now()
  FROM letter l WHERE d.id = l.id
  RETURNING d.*
)
SELECT id, organization_id, topic, partition, kafka_offset, code, cause, attempts, status, replays, replayed_at, resolved_at,
  decided_by, reason, produced_at, created_at
FROM marked ORDER BY id
