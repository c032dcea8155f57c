-- Who changes something and why: operators say so in their transaction, and every history keeps it. Jobs are announced
-- as commands show them.

-- Who acts in the running transaction, and why, as a command says it; null: nobody said.
CREATE FUNCTION syncline_actor() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('syncline.actor', true), '');
CREATE FUNCTION syncline_reason() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('syncline.reason', true), '');

-- What operators decide about organizations, permissions, targets and records. Jobs and edits have streams of their own
-- (sync_event), pauses and dead letters rows.
CREATE TABLE operator_event (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Null: it is about the installation.
  organization_id  text,
  subject          text NOT NULL CHECK (subject IN ('organization', 'permission', 'deployment', 'record')),
  -- Of an organization its id, of a permission the user, of a deployment its id, of a record its pfaId.
  subject_id       text NOT NULL,
  event            text NOT NULL CHECK (event IN ('added', 'changed', 'removed', 'released')),
  actor            text NOT NULL,
  reason           text,
  -- The columns that changed.
  before           jsonb,
  after            jsonb,
  created_at       timestamptz NOT NULL DEFAULT now()
);
-- The history of one thing, and of all things of a kind.
CREATE INDEX operator_event_subject ON operator_event (subject, organization_id, subject_id, id);
ALTER TABLE operator_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_event FORCE ROW LEVEL SECURITY;
CREATE POLICY operator_event_tenant ON operator_event USING (organization_id = (SELECT syncline_organization()))
  WITH CHECK (organization_id = (SELECT syncline_organization()));
CREATE POLICY operator_event_system ON operator_event TO syncline_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON operator_event TO syncline_system;

-- Writes a row's change down. Arguments: the subject, the column that names it, the column of its organization.
CREATE FUNCTION operator_journal() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  earlier jsonb := to_jsonb(OLD);
  present jsonb := to_jsonb(NEW);
  line jsonb := coalesce(present, earlier);
  changed text[] := ARRAY(SELECT key FROM jsonb_each(line) WHERE key NOT IN ('created_at', 'updated_at', 'granted_at')
    AND (present -> key) IS DISTINCT FROM (earlier -> key));
BEGIN
  IF changed = '{}' THEN RETURN NULL; END IF;
  INSERT INTO operator_event (organization_id, subject, subject_id, event, actor, reason, before, after)
  VALUES (line ->> TG_ARGV[2], TG_ARGV[0], line ->> TG_ARGV[1],
    CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
    coalesce(syncline_actor(), syncline_user(), nullif(current_setting('application_name'), ''), session_user::text),
    syncline_reason(),
    (SELECT jsonb_object_agg(key, earlier -> key) FROM unnest(changed) key WHERE earlier IS NOT NULL),
    (SELECT jsonb_object_agg(key, present -> key) FROM unnest(changed) key WHERE present IS NOT NULL));
  RETURN NULL;
END
$$;
CREATE TRIGGER organization_journal AFTER INSERT OR UPDATE ON organization FOR EACH ROW
  EXECUTE FUNCTION operator_journal('organization', 'id', 'id');
CREATE TRIGGER org_permission_journal AFTER INSERT OR UPDATE OR DELETE ON org_permission FOR EACH ROW
  EXECUTE FUNCTION operator_journal('permission', 'user_id', 'organization_id');
CREATE TRIGGER deployment_configs_journal AFTER INSERT OR UPDATE ON deployment_configs FOR EACH ROW
  EXECUTE FUNCTION operator_journal('deployment', 'id', 'organization_id');

-- A suspended organization's users edit nothing.
CREATE OR REPLACE FUNCTION pfa_check_editor(p_user text, p_tenant text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF EXISTS (SELECT FROM organization o WHERE o.id = p_tenant AND o.status = 'suspended') THEN
    RAISE EXCEPTION 'FORBIDDEN: the organization is suspended' USING ERRCODE = '42501';
  END IF;
  IF pfa_tenant(p_tenant) IS NULL OR p_user IS DISTINCT FROM coalesce(syncline_user(), p_user)
    OR (syncline_organization() IS NOT NULL OR syncline_user() IS NOT NULL) AND NOT EXISTS (SELECT FROM org_permission p
      WHERE p.user_id = p_user AND p.organization_id = p_tenant AND p.level IN ('write', 'admin')) THEN
    RAISE EXCEPTION 'FORBIDDEN: no write permission for this organization' USING ERRCODE = '42501';
  END IF;
END
$$;

-- The reason of a discard is kept with it.
CREATE OR REPLACE FUNCTION discard_session(p_organization text, p_user_id text, p_session_id text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  gone integer;
BEGIN
  PERFORM pfa_check_editor(p_user_id, p_organization);
  WITH removed AS (
    DELETE FROM pfa_modification o WHERE o.session_id = p_session_id AND o.sync_state = 'draft'
      AND o.organization_id = p_organization AND o.user_id = p_user_id
    RETURNING o.*
  )
  INSERT INTO pfa_edit_event (organization_id, kind, modification_id, mirror_id, user_id, session_id, content, reason)
  SELECT organization_id, 'discarded', id, mirror_id, user_id, session_id,
    jsonb_build_object('delta', delta, 'base_values', base_values), syncline_reason() FROM removed;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;

-- The actor and the reason of a command stand in the history of the job that it changes.
CREATE OR REPLACE FUNCTION sync_job_journal() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  is_claim boolean := NEW.lease_token IS NOT NULL AND NEW.lease_token IS DISTINCT FROM OLD.lease_token;
  earlier jsonb := to_jsonb(OLD);
  present jsonb := to_jsonb(NEW);
  stream_name text := 'job/' || NEW.id;
  -- Secret, or no part of the state.
  left_out text[] := ARRAY['lease_token', 'lease_expires_at', 'updated_at', 'progress'];
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.state = OLD.state AND NOT is_claim THEN RETURN NULL; END IF;
  INSERT INTO sync_event (organization_id, stream, version, type, data, metadata)
  SELECT NEW.organization_id, stream_name,
    (SELECT coalesce(max(version), -1) + 1 FROM sync_event WHERE organization_id = NEW.organization_id AND stream = stream_name),
    CASE WHEN TG_OP = 'UPDATE' AND NEW.state = OLD.state THEN 'job.taken_over' ELSE 'job.' || NEW.state END,
    CASE WHEN TG_OP = 'UPDATE' THEN jsonb_build_object('before', jsonb_object_agg(key, earlier -> key)) ELSE '{}' END
      || jsonb_build_object('after', jsonb_object_agg(key, value)),
    jsonb_strip_nulls(jsonb_build_object(
      'actor', coalesce(syncline_actor(), syncline_user(),
        CASE WHEN TG_OP = 'INSERT' THEN NEW.requested_by
          WHEN is_claim THEN NEW.lease_owner
          WHEN current_user = 'syncline_worker' THEN OLD.lease_owner END,
        nullif(current_setting('application_name'), ''), session_user::text),
      -- Who asks says why with the request, and again with a retry.
      'reason', coalesce(syncline_reason(), CASE
        WHEN TG_OP = 'INSERT' THEN
          coalesce(NEW.parameters ->> 'retryReason', NEW.parameters ->> 'reason', NEW.parameters ->> 'changeReason')
        WHEN NEW.state = 'cancelled' THEN NEW.error_message
        WHEN OLD.state = 'awaiting_approval' AND NEW.state = 'running' THEN NEW.parameters ->> 'approvalReason' END)))
  FROM jsonb_each(present)
  WHERE key <> ALL (left_out) AND CASE TG_OP WHEN 'INSERT' THEN value <> 'null' ELSE value IS DISTINCT FROM earlier -> key END;
  RETURN NULL;
END
$$;

ALTER TABLE sync_job ALTER COLUMN updated_at SET DEFAULT clock_timestamp();
CREATE OR REPLACE FUNCTION sync_job_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state = ANY (ARRAY[
    'queued>running', 'queued>cancelled',
    'running>succeeded', 'running>failed', 'running>cancelled', 'running>retrying', 'running>awaiting_approval',
    'retrying>running', 'retrying>cancelled', 'retrying>failed',
    'awaiting_approval>running', 'awaiting_approval>cancelled', 'awaiting_approval>failed'])) THEN
    RAISE EXCEPTION 'job % can not go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'SY002';
  END IF;
  -- Not when the transaction began: a job never changed last before it ended.
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END
$$;

-- A moment as commands print it: RFC 3339 in UTC with milliseconds.
CREATE FUNCTION syncline_moment(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- What happened to a job, in order: the state it came to, who did it and why, and what exactly changed.
CREATE FUNCTION sync_job_history(p_organization text, p_job uuid)
RETURNS TABLE (version bigint, created_at timestamptz, event text, actor text, reason text, data jsonb)
LANGUAGE sql STABLE AS $$
  SELECT version, created_at, substr(type, 5), metadata ->> 'actor',
    coalesce(metadata ->> 'reason', data #>> '{after,parameters,retryReason}',
      nullif(concat_ws(': ', data #>> '{after,error_code}', data #>> '{after,error_message}'), '')), data
  FROM sync_event WHERE organization_id = p_organization AND stream = 'job/' || p_job
$$;

DROP FUNCTION sync_job_document(sync_job);
-- A job with its history, its run and the first of its issues: what `jobs show -o json` prints and pfa.job-events.v1
-- carries. Null without such a job. The fencing token is no part of it.
CREATE FUNCTION sync_job_document(p_job uuid, p_issues integer) RETURNS json
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT json_build_object('id', j.id, 'organization_id', j.organization_id, 'kind', j.kind, 'state', j.state, 'result', j.result,
    'attempt', j.attempt, 'priority', j.priority, 'run_at', syncline_moment(j.run_at), 'idempotency_key', j.idempotency_key,
    'parameters', j.parameters, 'progress', j.progress, 'requested_by', j.requested_by, 'error_code', j.error_code,
    'error_message', j.error_message, 'lease_owner', j.lease_owner, 'lease_expires_at', syncline_moment(j.lease_expires_at),
    'created_at', syncline_moment(j.created_at), 'started_at', syncline_moment(j.started_at),
    'finished_at', syncline_moment(j.finished_at), 'updated_at', syncline_moment(j.updated_at), 'retry_of', j.retry_of,
    'history', coalesce((SELECT json_agg(json_build_object('version', h.version, 'created_at', syncline_moment(h.created_at),
        'event', h.event, 'actor', h.actor, 'reason', h.reason, 'data', h.data) ORDER BY h.version)
      FROM sync_job_history(j.organization_id, j.id) h), '[]'),
    'log', (SELECT json_build_object('id', l.id, 'job_id', l.job_id, 'stream', l.stream, 'attempt', l.attempt,
        'organization_id', l.organization_id, 'sync_type', l.sync_type, 'sync_direction', l.sync_direction, 'source', l.source,
        'status', l.status, 'received', l.received, 'inserted', l.inserted, 'updated', l.updated, 'unchanged', l.unchanged,
        'stale', l.stale, 'discontinued', l.discontinued, 'conflicted', l.conflicted, 'rejected', l.rejected, 'swept', l.swept,
        'pages', l.pages, 'error_code', l.error_code, 'error_message', l.error_message, 'started_at', syncline_moment(l.started_at),
        'completed_at', syncline_moment(l.completed_at), 'duration_ms', l.duration_ms)
      FROM pfa_sync_log l WHERE l.job_id = j.id),
    'issues', coalesce((SELECT json_agg(json_build_object('id', i.id, 'job_id', i.job_id, 'stream', i.stream,
        'organization_id', i.organization_id, 'page', i.page, 'pfa_id', i.pfa_id, 'field', i.field, 'code', i.code, 'raw', i.raw,
        'rejected', i.rejected, 'created_at', syncline_moment(i.created_at)) ORDER BY i.id)
      FROM (SELECT * FROM sync_record_issue WHERE job_id = j.id ORDER BY id LIMIT p_issues) i), '[]'))
  FROM sync_job j WHERE j.id = p_job
$$;

-- Who works is woken at once.
CREATE OR REPLACE FUNCTION sync_job_announce() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state IN ('queued', 'retrying') THEN
    PERFORM pg_notify('syncline_job', NEW.kind);
  END IF;
  RETURN NULL;
END
$$;

-- Each change of a job's state is announced through the outbox when its transaction ends, so that log row and history
-- are those of the same change. A state that lasted less than a transaction was never there for anybody.
CREATE FUNCTION sync_job_publish() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.state = OLD.state THEN RETURN NULL; END IF;
  -- The transaction may have turned to another tenant since, and does nothing any more after this.
  PERFORM set_config('syncline.organization', NEW.organization_id, true);
  INSERT INTO outbox (topic, message_key, message_value, headers)
  SELECT 'pfa.job-events.v1', convert_to(j.id::text, 'UTF8'), convert_to(sync_job_document(j.id, 20)::text, 'UTF8'),
    jsonb_build_array(
      jsonb_build_array('ce_specversion', '1.0'), jsonb_build_array('ce_type', 'pfa.job.changed'),
      jsonb_build_array('ce_source', 'syncline'), jsonb_build_array('ce_id', gen_random_uuid()::text),
      jsonb_build_array('ce_time', syncline_moment(now())), jsonb_build_array('ce_subject', j.id::text),
      jsonb_build_array('ce_organization', j.organization_id), jsonb_build_array('ce_jobid', j.id::text),
      jsonb_build_array('content-type', 'application/json'))
  FROM sync_job j WHERE j.id = NEW.id AND j.state = NEW.state;
  PERFORM pg_notify('syncline_outbox', '');
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER sync_job_publish AFTER INSERT OR UPDATE OF state ON sync_job DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION sync_job_publish();

-- Takes the order of a record back, so that the next one that PEMS sends is newer whatever its order; false: there is
-- no such record, or it has none. For orders that are so far ahead that nothing true ever beats them.
CREATE FUNCTION release_record(p_organization text, p_pfa_id text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  held record;
BEGIN
  SELECT m.id, m.source_block, m.source_index INTO held FROM pfa_mirror m
  WHERE m.organization_id = p_organization AND m.pfa_id = p_pfa_id AND m.source_block IS NOT NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE pfa_mirror SET source_block = NULL, source_index = NULL WHERE id = held.id;
  INSERT INTO operator_event (organization_id, subject, subject_id, event, actor, reason, before)
  VALUES (p_organization, 'record', p_pfa_id, 'released', coalesce(syncline_actor(), session_user::text), syncline_reason(),
    jsonb_build_object('source_block', held.source_block, 'source_index', held.source_index));
  RETURN true;
END
$$;
REVOKE EXECUTE ON FUNCTION release_record(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION release_record(text, text) TO syncline_system;
GRANT UPDATE (source_block, source_index) ON pfa_mirror TO syncline_system;
