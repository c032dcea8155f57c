-- The change of a job that another worker brought to its end; no row: it is not in effect. Asked before a job fails
-- only. $1 organization  $2 job
-- Index: schema_changes_recent, over the organization's history.
SELECT project_id, from_version, to_version FROM schema_changes
WHERE organization_id = $1 AND job_id = $2::uuid AND status = 'applied'
ORDER BY id DESC LIMIT 1
