-- What the ledger knows before a change. $1 organization  $2 project
SELECT EXISTS (SELECT FROM __schema_metadata__ WHERE organization_id <> $1) AS is_foreign,
  (SELECT max(to_version) FROM __schema_metadata__ WHERE project_id = $2 AND status = 'applied') AS version
