-- Makes failed pushes due again, at an operator's word, and keeps that word; returns them. Null filters match
-- everything. $1 edits or null  $2 organization or null  $3 error code or null  $4 key of the request  $5 reason or
-- null Locks: the edits' rows. Indexes: pfa_modification_failed, or the primary key.
WITH failed AS MATERIALIZED (
  SELECT m.* FROM pfa_modification m
  WHERE m.sync_state = 'failed' AND ($1::text[] IS NULL OR m.id = ANY ($1::text[]::uuid[]))
    AND ($2::text IS NULL OR m.organization_id = $2) AND ($3::text IS NULL OR m.error_code = $3)
  ORDER BY m.id FOR UPDATE
),
told AS (
  INSERT INTO pfa_edit_event (organization_id, kind, modification_id, mirror_id, user_id, session_id, content, reason)
  SELECT organization_id, 'retried', id, mirror_id, coalesce(syncline_actor(), user_id), session_id,
    jsonb_build_object('error_code', error_code, 'error_message', error_message, 'attempt', attempt), $5
  FROM failed
)
UPDATE pfa_modification m
SET sync_state = 'committed', attempt = 0, next_attempt_at = now(), error_code = NULL, error_message = NULL,
  request_keys = m.request_keys || $4::text
FROM failed f WHERE m.id = f.id
RETURNING m.id, m.organization_id
