-- Writes a change into the ledger, first of all: who brings the attempt to its end waits for this row.
-- $1 change id  $2 organization  $3 project  $4 status  $5 from version  $6 to version  $7 type  $8 SQL
-- No row: the change is there already.
INSERT INTO __schema_metadata__ (change_id, organization_id, project_id, status, from_version, to_version, change_type, sql_executed)
VALUES ($1::uuid, $2, $3, $4, $5::int, $6::int, $7, $8)
ON CONFLICT (change_id) DO NOTHING
RETURNING change_id
