-- What became of a change. $1 change id
SELECT status FROM __schema_metadata__ WHERE change_id = $1::uuid
