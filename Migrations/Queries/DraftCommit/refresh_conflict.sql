-- Shows an open conflict as the record is now, so that it is decided by somebody who has seen that.
-- $1 conflict  $2 fields in conflict  $3 the record has  $4 version of the record
UPDATE pfa_sync_conflict SET conflict_fields = $2::text[], remote_values = $3::jsonb, current_version = $4::integer
WHERE id = $1::uuid AND status = 'open'
