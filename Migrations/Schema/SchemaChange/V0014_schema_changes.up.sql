-- Schemas that organizations define for themselves: projects, where each organization's tables live, and the history of
-- every change (domain.md section 5).

CREATE TABLE projects (
  id                    text PRIMARY KEY DEFAULT gen_random_uuid()::text CHECK (id <> '' AND length(id) <= 100),
  organization_id       text NOT NULL REFERENCES organization (id),
  name                  text NOT NULL DEFAULT '',
  -- The tables as they are in the target: derived by applying changes, never copied from a client.
  schema_data           jsonb NOT NULL DEFAULT '{}',
  version               integer NOT NULL DEFAULT 1 CHECK (version >= 0),
  status                text NOT NULL DEFAULT 'ready' CHECK (status IN ('ready', 'applying', 'error')),
  -- The lease of the change that is being applied; every write of its holder names the token.
  locked_by             text,
  locked_at             timestamptz,
  lock_expires_at       timestamptz,
  lock_token            uuid,
  -- Null until a change was applied.
  last_applied_version  integer,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX projects_organization ON projects (organization_id, last_applied_version);
CREATE TRIGGER projects_touch BEFORE UPDATE ON projects FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Where the tables of an organization are; the row without an organization is for all that have none of their own.
CREATE TABLE deployment_configs (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id  text REFERENCES organization (id),
  -- 'master' is this database; anything else the name of the variable or secret that holds a connection string.
  target           text NOT NULL DEFAULT 'master' CHECK (target <> ''),
  -- Null: org_ and the organization's UUID without dashes.
  schema_name      text CHECK (schema_name ~ '^org_[0-9a-f]{32}$'),
  status           text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'migrating', 'inactive')),
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (organization_id)
);
CREATE TRIGGER deployment_configs_touch BEFORE UPDATE ON deployment_configs FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The request of each job, pending and then its last attempt; one more row for each attempt before that failed.
CREATE TABLE schema_changes (
  -- In the order in which requests of a project arrived: they are applied in it.
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Names the attempt in the target's __schema_metadata__.
  change_id        uuid NOT NULL DEFAULT gen_random_uuid(),
  job_id           uuid NOT NULL,
  attempt          integer NOT NULL DEFAULT 0,
  organization_id  text NOT NULL REFERENCES organization (id),
  -- No reference: the history outlives its project, and a refused request may name none.
  project_id       text NOT NULL,
  change_type      text NOT NULL,
  change_data      jsonb NOT NULL,
  -- The project's schema data before and after.
  old_value        jsonb,
  new_value        jsonb,
  status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'applying', 'applied', 'failed')),
  sql_executed     text,
  error_code       text,
  error            text,
  -- The version the user saw; once the lease is taken, the version it was applied to.
  from_version     integer NOT NULL,
  to_version       integer,
  applied_at       timestamptz,
  created_by       text NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  CHECK ((status = 'applied') = (applied_at IS NOT NULL)),
  CHECK ((status = 'failed') = (error_code IS NOT NULL))
);
CREATE UNIQUE INDEX schema_changes_open ON schema_changes (job_id) WHERE status IN ('pending', 'applying');
CREATE INDEX schema_changes_order ON schema_changes (project_id, id) WHERE status IN ('pending', 'applying');
CREATE INDEX schema_changes_project ON schema_changes (project_id, to_version);
CREATE INDEX schema_changes_recent ON schema_changes (organization_id, id);
CREATE TRIGGER schema_changes_touch BEFORE UPDATE ON schema_changes FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- The schema version that an organization has, of one project or of the furthest one; null when none is applied.
CREATE FUNCTION applied_schema_version(p_organization text, p_project text) RETURNS integer
LANGUAGE sql STABLE
RETURN (SELECT max(p.last_applied_version) FROM projects p
  WHERE p.organization_id = p_organization AND (p_project IS NULL OR p.id = p_project));

-- Whether a job's turn has come: a schema change waits for the earlier ones of its project, any job for the schema
-- version it names. What waits holds nobody else up.
CREATE FUNCTION sync_job_may_start(job sync_job) RETURNS boolean
LANGUAGE sql STABLE
RETURN (job.kind <> 'schema_change' OR NOT EXISTS (
    SELECT FROM schema_changes mine
    JOIN schema_changes earlier ON earlier.organization_id = mine.organization_id AND earlier.project_id = mine.project_id
      AND earlier.id < mine.id AND earlier.status IN ('pending', 'applying')
    JOIN sync_job j ON j.id = earlier.job_id AND j.finished_at IS NULL
    WHERE mine.job_id = job.id AND mine.status IN ('pending', 'applying')))
  AND CASE WHEN jsonb_typeof(job.parameters -> 'schemaVersion') = 'number' THEN coalesce(
    applied_schema_version(job.organization_id, job.parameters ->> 'schemaProject') >= (job.parameters -> 'schemaVersion')::numeric,
    false) ELSE true END;

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['projects', 'deployment_configs', 'schema_changes'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I USING (organization_id = (SELECT syncline_organization())) '
      'WITH CHECK (organization_id = (SELECT syncline_organization()))', tenant_table || '_tenant', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I TO syncline_system USING (true) WITH CHECK (true)', tenant_table || '_system', tenant_table);
  END LOOP;
END
$$;
-- The shared configuration is every worker's to read, and none's to write.
ALTER POLICY deployment_configs_tenant ON deployment_configs
  USING (organization_id IS NULL OR organization_id = (SELECT syncline_organization()));

GRANT SELECT ON projects, schema_changes TO syncline_worker, syncline_system, syncline_app, syncline_reader;
-- Where a secret is found is nothing for applications and reports.
GRANT SELECT ON deployment_configs TO syncline_worker, syncline_system;
GRANT INSERT, UPDATE, DELETE ON projects TO syncline_worker;
GRANT INSERT, UPDATE ON schema_changes TO syncline_worker;
GRANT INSERT, UPDATE ON deployment_configs TO syncline_system;
