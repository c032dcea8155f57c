-- Writes down what is about to happen in the target, with the lease: whoever finds it later knows how to go on.
-- $1 request  $2 attempt  $3 type  $4 change  $5 old schema data  $6 new schema data  $7 SQL  $8 from version  $9 to
-- version
UPDATE schema_changes
SET status = 'applying', attempt = $2::int, change_type = $3, change_data = $4::jsonb, old_value = $5::jsonb,
  new_value = $6::jsonb, sql_executed = $7, from_version = $8::int, to_version = $9::int
WHERE id = $1::bigint AND status = 'pending'
RETURNING change_id
