-- Makes failed pushes due again, at an operator's word; returns them. Null filters match everything.
-- $1 edits or null  $2 organization or null  $3 error code or null  $4 key of the request
-- Indexes: pfa_modification_failed, or the primary key.
UPDATE pfa_modification
SET sync_state = 'committed', attempt = 0, next_attempt_at = now(), error_code = NULL, error_message = NULL,
  request_keys = request_keys || $4::text
WHERE sync_state = 'failed' AND ($1::text[] IS NULL OR id = ANY ($1::text[]::uuid[]))
  AND ($2::text IS NULL OR organization_id = $2) AND ($3::text IS NULL OR error_code = $3)
RETURNING id, organization_id
