-- The next firing whose work the leader does itself, highest priority first; it is under way then. One that is so
-- already was left by an earlier try, for there is one at a time: it is begun again.
-- Locks: the row. Index: job_firing_open.
UPDATE job_firing SET state = 'running'
WHERE id = (
  SELECT id FROM job_firing WHERE finished_at IS NULL AND state IN ('requested', 'running') AND job_id IS NULL
  ORDER BY priority DESC, due_at, job, organization_id LIMIT 1)
RETURNING id, job, organization_id, kind, attempt
