-- Adds an organization; no row: it is there already and stays as it is. $1 id  $2 name. Index: organization_pkey.
INSERT INTO organization (id, name) VALUES ($1, $2)
ON CONFLICT (id) DO NOTHING
RETURNING id, name, status, created_at, updated_at
