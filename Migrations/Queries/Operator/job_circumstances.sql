-- A job with what it may be waiting for; no row: there is none. Spans are whole seconds.
-- $1 id
-- Indexes: sync_job_pkey, organization_pkey, sync_job_open, sync_page_waiting, sync_page_pkey, schema_changes_order,
-- sync_job_retry, queue_pause_open, schema_changes_open, projects_pkey.
SELECT j.id, j.organization_id, j.kind, j.state, j.result, j.attempt, j.run_at, j.error_code, j.error_message, j.lease_owner,
  j.lease_expires_at, j.finished_at, j.run_at > now() AS is_early, o.status AS organization_status,
  j.state = 'running' AND j.lease_expires_at < now() AS is_silent,
  extract(epoch FROM now() - j.created_at)::bigint AS age,
  extract(epoch FROM now() - j.lease_expires_at)::bigint AS silent_for,
  (SELECT count(*) FROM sync_job q
    WHERE q.kind = j.kind AND q.state IN ('queued', 'retrying') AND q.run_at <= now() AND q.id <> j.id
      AND (-q.priority, q.run_at) < (-j.priority, j.run_at)) AS ahead,
  (SELECT count(*) FROM sync_job r WHERE r.kind = j.kind AND r.state = 'running' AND r.lease_expires_at >= now()) AS running,
  (SELECT count(*) FROM sync_page p WHERE p.job_id = j.id AND p.state = 'allocated') AS pages_waiting,
  (SELECT count(*) FROM sync_page p WHERE p.job_id = j.id AND p.state = 'applied') AS pages_applied,
  (SELECT r.id FROM sync_job r WHERE r.retry_of = j.id ORDER BY r.created_at DESC LIMIT 1) AS retried_as,
  h.kind AS paused_kind, h.organization_id AS paused_organization, h.paused_by, h.reason AS paused_reason, h.paused_at,
  (SELECT e.job_id FROM schema_changes m
    JOIN schema_changes e ON e.organization_id = m.organization_id AND e.project_id = m.project_id AND e.id < m.id
      AND e.status IN ('pending', 'applying')
    JOIN sync_job x ON x.id = e.job_id AND x.finished_at IS NULL
    WHERE m.job_id = j.id AND m.status IN ('pending', 'applying') ORDER BY e.id DESC LIMIT 1) AS waits_for_job,
  CASE WHEN jsonb_typeof(j.parameters -> 'schemaVersion') = 'number' THEN (j.parameters ->> 'schemaVersion')::numeric::bigint
    END AS schema_wanted,
  applied_schema_version(j.organization_id, j.parameters ->> 'schemaProject') AS schema_applied,
  j.progress #>> '{upstream,source}' AS upstream, j.progress #>> '{upstream,place}' AS upstream_place,
  j.progress #>> '{upstream,since}' AS upstream_since, j.progress #>> '{upstream,next_at}' AS upstream_next,
  j.progress #>> '{upstream,code}' AS upstream_code, j.progress #>> '{upstream,message}' AS upstream_message,
  c.project_id, c.status AS change_status, c.from_version, c.to_version, p.version AS project_version,
  CASE WHEN p.lock_expires_at > now() THEN p.locked_by END AS project_locked_by, p.lock_expires_at AS project_locked_until,
  CASE WHEN jsonb_typeof(j.progress -> 'step') = 'number' THEN j.progress::text END AS safe_steps
FROM sync_job j
JOIN organization o ON o.id = j.organization_id
LEFT JOIN schema_changes c ON c.job_id = j.id AND c.status IN ('pending', 'applying')
LEFT JOIN projects p ON p.organization_id = j.organization_id AND p.id = j.parameters ->> 'project_id'
LEFT JOIN LATERAL (
  SELECT * FROM queue_pause q
  WHERE q.resumed_at IS NULL AND (q.kind IS NULL OR q.kind = j.kind)
    AND (q.organization_id IS NULL OR q.organization_id = j.organization_id)
  ORDER BY (q.kind IS NULL)::int + (q.organization_id IS NULL)::int, q.id LIMIT 1
) h ON true
WHERE j.id = $1::uuid
