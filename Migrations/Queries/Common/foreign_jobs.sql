-- Which ids are taken by jobs of another kind or organization. Sees all organizations.
-- $1 organization  $2 kind  $3 ids
-- Index: sync_job_pkey.
SELECT j.id FROM sync_job j WHERE j.id = ANY ($3::text[]::uuid[]) AND (j.organization_id <> $1 OR j.kind <> $2)
