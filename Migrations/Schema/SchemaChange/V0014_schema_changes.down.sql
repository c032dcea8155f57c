-- Takes back V0014. Tables in targets stay: they are the organizations' data.

DROP FUNCTION sync_job_may_start(sync_job);
DROP FUNCTION applied_schema_version(text, text);
DROP TABLE schema_changes;
DROP TABLE deployment_configs;
DROP TABLE projects;
