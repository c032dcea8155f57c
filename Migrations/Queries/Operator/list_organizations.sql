-- Every organization. Index: organization_pkey.
SELECT id, name, status, created_at, updated_at FROM organization ORDER BY id
