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

-- Deletes the oldest p_limit rows of an organization's history that ended p_seconds ago, at least a day; how many. The
-- only way to delete any of it: nobody has the privilege. What is open is never deleted.
--
-- jobs         finished jobs with their pages and their stream of the journal, but none that a firing waits for
-- log          rows of the sync log whose job is gone; the last success stays: it says how fresh the records are
-- issues       what was wrong with single records
-- dead letters replayed and discarded ones; those that name no organization go with any
-- firings      ended ones, but never the last one that a schedule has decided
--
-- Indexes: sync_job_finished, sync_event_key, pfa_sync_log_recent, job_firing_job_organization_id_due_at_key.
CREATE FUNCTION delete_old_history(p_history text, p_organization text, p_seconds bigint, p_limit integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before timestamptz := now() - make_interval(secs => p_seconds);
  present text := coalesce(current_setting('syncline.organization', true), '');
  gone bigint;
BEGIN
  IF p_seconds IS NULL OR p_seconds < 86400 THEN
    RAISE EXCEPTION 'history is kept for a day at least' USING ERRCODE = '22023';
  END IF;
  -- Row security binds an owner without superuser rights as well.
  PERFORM set_config('syncline.organization', p_organization, true);
  CASE p_history
    WHEN 'jobs' THEN
      WITH old AS (
        SELECT j.id FROM sync_job j
        WHERE j.finished_at < before AND j.organization_id = p_organization
          AND NOT EXISTS (SELECT FROM job_firing f WHERE f.organization_id = p_organization AND f.finished_at IS NULL AND f.job_id = j.id)
        ORDER BY j.finished_at LIMIT p_limit
      ),
      history AS (
        DELETE FROM sync_event e USING old WHERE e.organization_id = p_organization AND e.stream = 'job/' || old.id
      )
      DELETE FROM sync_job j USING old WHERE j.id = old.id;
    WHEN 'log' THEN
      DELETE FROM pfa_sync_log WHERE id IN (
        SELECT l.id FROM pfa_sync_log l
        WHERE l.organization_id = p_organization AND l.started_at < before AND coalesce(l.completed_at, l.started_at) < before
          AND l.status NOT IN ('running', 'awaiting_approval') AND NOT EXISTS (SELECT FROM sync_job j WHERE j.id = l.job_id)
          AND l.id IS DISTINCT FROM (
            SELECT s.id FROM pfa_sync_log s
            WHERE s.organization_id = p_organization AND s.job_id IS NOT NULL AND s.sync_direction = 'read'
              AND s.status IN ('completed', 'completed_with_errors')
            ORDER BY s.started_at DESC LIMIT 1)
        ORDER BY l.started_at LIMIT p_limit);
    WHEN 'issues' THEN
      DELETE FROM sync_record_issue WHERE id IN (
        SELECT i.id FROM sync_record_issue i
        WHERE i.organization_id = p_organization AND i.created_at < before ORDER BY i.id LIMIT p_limit);
    WHEN 'dead letters' THEN
      DELETE FROM dead_letter WHERE id IN (
        SELECT d.id FROM dead_letter d
        WHERE (d.organization_id = p_organization OR d.organization_id IS NULL) AND d.status <> 'open' AND d.updated_at < before
        ORDER BY d.id LIMIT p_limit FOR UPDATE SKIP LOCKED);
    WHEN 'firings' THEN
      DELETE FROM job_firing WHERE id IN (
        SELECT f.id FROM job_firing f
        WHERE f.organization_id = p_organization AND f.finished_at < before
          AND NOT EXISTS (
            SELECT FROM job_schedule s
            WHERE s.job = f.job AND s.organization_id = p_organization AND s.handled_until <= f.due_at)
        ORDER BY f.due_at LIMIT p_limit);
  END CASE;
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('syncline.organization', present, true);
  RETURN gone;
END
$$;
REVOKE EXECUTE ON FUNCTION delete_old_history(text, text, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_old_history(text, text, bigint, integer) TO syncline_system;
