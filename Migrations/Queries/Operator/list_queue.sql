-- What waits and runs, by kind and organization, and what is paused. A pause without work has a row of its own; null
-- in `kind` or `organization_id` means every one. `oldest_seconds` is the age of the oldest job or message that waits;
-- `pause_kind` and `pause_organization_id` say which pause it is, with a row of its own, that holds the work of this
-- one. $1 organization or null  $2 kind or null
-- Indexes: sync_job_unfinished, pfa_modification_open, queue_pause_open, organization_pkey.
WITH work AS (
  SELECT kind, organization_id, count(*) FILTER (WHERE state = 'queued') AS queued,
    count(*) FILTER (WHERE state = 'running') AS running, count(*) FILTER (WHERE state = 'retrying') AS retrying,
    count(*) FILTER (WHERE state = 'awaiting_approval') AS awaiting_approval, 0::bigint AS held_messages,
    min(created_at) FILTER (WHERE state <> 'running') AS oldest
  FROM sync_job WHERE finished_at IS NULL GROUP BY kind, organization_id
  UNION ALL
  -- A push has no job: the edit itself waits.
  SELECT 'write_back', organization_id, count(*) FILTER (WHERE sync_state = 'committed'),
    count(*) FILTER (WHERE sync_state = 'syncing'), 0, 0, 0, min(committed_at) FILTER (WHERE sync_state = 'committed')
  FROM pfa_modification WHERE sync_state IN ('committed', 'syncing') GROUP BY organization_id
  UNION ALL
  SELECT kind, organization_id, 0, 0, 0, 0, count(*), min(held_at) FROM held_message GROUP BY kind, organization_id
  UNION ALL
  SELECT kind, organization_id, 0, 0, 0, 0, 0, NULL FROM queue_pause WHERE resumed_at IS NULL
),
line AS (
  SELECT kind, organization_id, sum(queued)::bigint AS queued, sum(running)::bigint AS running, sum(retrying)::bigint AS retrying,
    sum(awaiting_approval)::bigint AS awaiting_approval, sum(held_messages)::bigint AS held_messages, min(oldest) AS oldest
  FROM work
  WHERE ($1::text IS NULL OR organization_id IS NULL OR organization_id = $1) AND ($2::text IS NULL OR kind IS NULL OR kind = $2)
  GROUP BY kind, organization_id
)
SELECT l.kind, l.organization_id, p.id IS NOT NULL AS paused, l.queued, l.running, l.retrying, l.awaiting_approval, l.held_messages,
  extract(epoch FROM now() - l.oldest)::bigint AS oldest_seconds, p.paused_by, p.reason, p.paused_at,
  p.kind AS pause_kind, p.organization_id AS pause_organization_id, coalesce(o.status = 'suspended', false) AS suspended
FROM line l
LEFT JOIN organization o ON o.id = l.organization_id
LEFT JOIN LATERAL (
  -- The pause that says it most exactly.
  SELECT * FROM queue_pause q
  WHERE q.resumed_at IS NULL AND (q.kind IS NULL OR q.kind = l.kind)
    AND (q.organization_id IS NULL OR q.organization_id = l.organization_id)
  ORDER BY (q.kind IS NULL)::int + (q.organization_id IS NULL)::int, q.id LIMIT 1
) p ON true
ORDER BY l.kind NULLS FIRST, l.organization_id NULLS FIRST
