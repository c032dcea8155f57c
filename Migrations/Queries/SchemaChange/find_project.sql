-- The organization of a project and its version; no row: there is none. $1 project. Index: projects_pkey.
SELECT organization_id, name, version FROM projects WHERE id = $1
