-- The newest firings of a job. $1 job  $2 organization or null for all  $3 how many
-- Index: job_firing_job_organization_id_due_at_key.
SELECT id, job, organization_id, kind, due_at, state, attempt, job_id, detail, created_at, finished_at
FROM job_firing
WHERE job = $1 AND ($2::text IS NULL OR organization_id = $2)
ORDER BY due_at DESC, organization_id LIMIT $3::int
