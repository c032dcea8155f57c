-- One organization; no row: there is none. $1 id. Index: organization_pkey.
SELECT id, name, status, created_at, updated_at FROM organization WHERE id = $1
