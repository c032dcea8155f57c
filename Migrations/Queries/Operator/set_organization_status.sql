-- Suspends or resumes an organization; no row: it does not exist, or has that status already.
-- $1 id  $2 status
-- Locks: its row. Index: organization_pkey.
UPDATE organization SET status = $2 WHERE id = $1 AND status <> $2
RETURNING id, name, status, created_at, updated_at
