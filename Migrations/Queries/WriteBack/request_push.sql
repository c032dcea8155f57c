-- Somebody asks for the push of an edit: a failed one is due again, any other is due anyway. One row if the edit is
-- there; the same event again changes nothing, nor does the one that the edit's own commit made, which bears its id: it
-- may arrive when the push has failed already.
-- $1 edit  $2 key of the event
WITH asked AS (
  UPDATE pfa_modification
  SET request_keys = request_keys || $2::text,
    sync_state = CASE WHEN sync_state = 'failed' THEN 'committed' ELSE sync_state END,
    attempt = CASE WHEN sync_state = 'failed' THEN 0 ELSE attempt END,
    next_attempt_at = CASE WHEN sync_state = 'failed' THEN now() ELSE next_attempt_at END,
    error_code = CASE WHEN sync_state = 'failed' THEN NULL ELSE error_code END,
    error_message = CASE WHEN sync_state = 'failed' THEN NULL ELSE error_message END
  WHERE id = $1::uuid AND sync_state <> 'draft' AND NOT request_keys @> ARRAY[$2::text]
    AND $2::text NOT LIKE '% ' || $1::uuid || '/%'
)
SELECT sync_state FROM pfa_modification WHERE id = $1::uuid AND sync_state <> 'draft'
