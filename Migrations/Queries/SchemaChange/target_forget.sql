-- A dropped project's history leaves the ledger, but for the drop. $1 project  $2 change id of the drop
DELETE FROM __schema_metadata__ WHERE project_id = $1 AND change_id <> $2::uuid
