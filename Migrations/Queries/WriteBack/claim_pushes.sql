-- Claims due edits, oldest first, and those whose worker went silent; each gets a fresh token that fences earlier
-- claims. Left alone: a record with a push in flight (W7), fields of an edit in effect that somebody must decide first,
-- an edit that fits an earlier one which PEMS does not have yet, suspended organizations, what is paused, and edits for
-- a source whose upstream rests. An edit whose commit found the conflict is not in effect, and keeps nobody waiting.
-- $1 how many  $2 lease in seconds  $3 sources that take edits  $4 those of them that rest, and '' when the edits of
-- all other organizations have to wait
-- Locks: the edits' rows; rows that others are changing are skipped. Indexes: pfa_modification_due,
-- pfa_modification_pushing, pfa_modification_open, source_watermark_pkey, sync_job_pkey.
WITH due AS MATERIALIZED (
  SELECT d.id, d.mirror_id, d.next_attempt_at FROM pfa_modification d
  WHERE d.sync_state = 'committed' AND d.next_attempt_at <= now()
    AND EXISTS (SELECT FROM organization o WHERE o.id = d.organization_id AND o.status = 'active')
    AND NOT queue_is_paused('write_back', d.organization_id)
    AND NOT EXISTS (SELECT FROM pfa_modification p WHERE p.mirror_id = d.mirror_id AND p.sync_state = 'syncing')
    AND NOT EXISTS (SELECT FROM pfa_modification c WHERE c.mirror_id = d.mirror_id AND c.sync_state = 'conflict'
      AND c.applied_version IS NOT NULL AND c.modified_fields && d.modified_fields)
    AND NOT EXISTS (SELECT FROM pfa_modification e WHERE e.mirror_id = d.mirror_id AND e.sync_state = 'committed'
      AND e.applied_version < d.applied_version AND e.modified_fields && pfa_companion_fields(d.modified_fields))
    AND (cardinality($4::text[]) = 0 OR coalesce((SELECT CASE WHEN w.source = ANY ($3::text[]) THEN w.source END
        FROM source_watermark w WHERE w.organization_id = d.organization_id ORDER BY w.updated_at DESC LIMIT 1), '')
      <> ALL ($4::text[]))
  ORDER BY d.next_attempt_at, d.id LIMIT $1::int
  FOR UPDATE OF d SKIP LOCKED
),
silent AS MATERIALIZED (
  SELECT s.id FROM pfa_modification s
  WHERE s.sync_state = 'syncing' AND s.lease_expires_at < now()
  LIMIT $1::int
  FOR UPDATE OF s SKIP LOCKED
),
chosen AS (
  (SELECT DISTINCT ON (mirror_id) id, false AS taken_over FROM due ORDER BY mirror_id, next_attempt_at, id)
  UNION ALL
  SELECT id, true FROM silent
)
UPDATE pfa_modification m
SET sync_state = 'syncing', attempt = m.attempt + (NOT c.taken_over)::int, lease_token = gen_random_uuid(),
  lease_expires_at = clock_timestamp() + make_interval(secs => $2::int)
FROM chosen c, pfa_mirror r
WHERE m.id = c.id AND r.id = m.mirror_id
RETURNING m.id, m.organization_id, r.pfa_id, m.modified_fields, m.attempt, m.lease_token, c.taken_over,
  (SELECT w.source FROM source_watermark w WHERE w.organization_id = m.organization_id
    ORDER BY w.updated_at DESC LIMIT 1) AS last_source,
  (SELECT j.parameters ->> 'traceparent' FROM sync_job j WHERE j.id = m.commit_id) AS trace
