-- Asks again for the push of committed edits that have been due for a while and nobody took up: their event was lost.
-- $1 organization  $2 how many at most
-- One row: how many. Index: pfa_modification_due.
WITH stale AS (
  SELECT id FROM pfa_modification
  WHERE organization_id = $1 AND sync_state = 'committed' AND next_attempt_at <= now() - interval '5 minutes'
    AND (lease_expires_at IS NULL OR lease_expires_at < now())
  ORDER BY next_attempt_at, id LIMIT $2::int
),
asked AS MATERIALIZED (
  SELECT ids, pfa_queue_write_backs(ids) FROM (SELECT array_agg(id) AS ids FROM stale) all_of_them WHERE ids IS NOT NULL
)
SELECT coalesce(sum(cardinality(ids)), 0)::bigint AS edits FROM asked
