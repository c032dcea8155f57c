-- Schedules of jobs: who leads, how far each job has been fired, and every firing.

-- The one scheduler that fires. Its token rises with every change of leader, and every write of a leader names it.
CREATE TABLE scheduler_lease (
  name         text PRIMARY KEY,
  token        bigint NOT NULL DEFAULT 0,
  owner        text,
  acquired_at  timestamptz,
  expires_at   timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO scheduler_lease (name) VALUES ('scheduler');

-- Extends the lease, first statement of every transaction of the leader; the row stays locked until it ends, so that
-- nobody takes over in between. Raises SY001 when somebody else leads; then nothing of the transaction remains.
CREATE FUNCTION hold_schedule(p_token bigint, p_seconds int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE scheduler_lease SET expires_at = clock_timestamp() + make_interval(secs => p_seconds)
  WHERE name = 'scheduler' AND token = p_token;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'another scheduler leads' USING ERRCODE = 'SY001';
  END IF;
END
$$;

-- How far the firings of a job have been decided for an organization.
CREATE TABLE job_schedule (
  job              text NOT NULL,
  organization_id  text NOT NULL REFERENCES organization (id),
  kind             text NOT NULL,
  -- Expression and zone; with another one the job begins anew, and has missed nothing.
  definition       text NOT NULL,
  -- false: disabled, not defined any more, or the organization is suspended.
  is_active        boolean NOT NULL DEFAULT true,
  handled_until    timestamptz NOT NULL,
  -- Null: never again.
  next_at          timestamptz,
  updated_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (job, organization_id)
);
CREATE TRIGGER job_schedule_touch BEFORE UPDATE ON job_schedule FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- One row for each firing. Its id is a hash of job, organization and due instant, so that no two schedulers can make
-- two of one.
CREATE TABLE job_firing (
  id               uuid PRIMARY KEY,
  job              text NOT NULL,
  organization_id  text NOT NULL REFERENCES organization (id),
  kind             text NOT NULL,
  -- What may not run beside it: all reads of an organization, else the firings of its job.
  lane             text NOT NULL,
  due_at           timestamptz NOT NULL,
  state            text NOT NULL
    CHECK (state IN ('waiting', 'requested', 'running', 'succeeded', 'failed', 'cancelled', 'skipped', 'timed_out')),
  attempt          integer NOT NULL DEFAULT 1,
  priority         integer NOT NULL DEFAULT 0,
  -- A waiting one starts then at the earliest.
  run_at           timestamptz NOT NULL,
  timeout_at       timestamptz,
  -- The job that its event asks for; null: the scheduler does the work itself.
  job_id           uuid,
  -- What came of it, or why nothing did.
  detail           text,
  created_at       timestamptz NOT NULL DEFAULT now(),
  finished_at      timestamptz,
  UNIQUE (job, organization_id, due_at),
  CHECK ((state IN ('waiting', 'requested', 'running')) = (finished_at IS NULL))
);
-- What is under way: few rows of many.
CREATE INDEX job_firing_open ON job_firing (organization_id, lane) WHERE finished_at IS NULL;

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['job_schedule', 'job_firing'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I USING (organization_id = (SELECT syncline_organization())) '
      'WITH CHECK (organization_id = (SELECT syncline_organization()))', tenant_table || '_tenant', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I TO syncline_system USING (true) WITH CHECK (true)', tenant_table || '_system', tenant_table);
    EXECUTE format('GRANT SELECT ON %I TO syncline_system, syncline_app, syncline_reader', tenant_table);
  END LOOP;
END
$$;
GRANT INSERT, UPDATE ON job_schedule, job_firing TO syncline_system;
GRANT SELECT, UPDATE ON scheduler_lease TO syncline_system;
REVOKE EXECUTE ON FUNCTION hold_schedule(bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hold_schedule(bigint, int) TO syncline_system;
-- Old history is deleted by the leader, and by nobody else.
GRANT DELETE ON sync_job, pfa_sync_log, sync_record_issue, dead_letter, sync_event, job_firing TO syncline_system;
