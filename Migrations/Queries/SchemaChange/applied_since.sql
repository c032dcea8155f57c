-- The changes that led from one version of a project to another, in order.
-- $1 organization  $2 project  $3 from version
-- Index: schema_changes_project.
SELECT to_version, change_data::text AS change_data FROM schema_changes
WHERE organization_id = $1 AND project_id = $2 AND status = 'applied' AND to_version > $3::int
ORDER BY to_version
