-- Gives letters up that are open, or published again and not met yet; they are kept, with who and why. Those that are
-- discarded or resolved already stay as they are.
-- $1 ids  $2 who  $3 why
-- Result: all of them as they are then, and whether this changed them. Locks: the letters, in order of id. Index:
-- dead_letter_pkey.
WITH letter AS MATERIALIZED (
  SELECT id, organization_id, topic, partition, kafka_offset, code, cause, attempts, status, replays, replayed_at, resolved_at,
    decided_by, reason, produced_at, created_at
  FROM dead_letter WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE
),
marked AS (
  UPDATE dead_letter d SET status = 'discarded', decided_by = $2, reason = $3, updated_at = now()
  FROM letter l WHERE d.id = l.id AND l.status IN ('open', 'replayed')
  RETURNING d.id, d.organization_id, d.topic, d.partition, d.kafka_offset, d.code, d.cause, d.attempts, d.status, d.replays, d.replayed_at,
    d.resolved_at, d.decided_by, d.reason, d.produced_at, d.created_at
)
SELECT m.*, true AS changed FROM marked m
UNION ALL
SELECT l.*, false FROM letter l WHERE NOT EXISTS (SELECT FROM marked m WHERE m.id = l.id)
ORDER BY id
