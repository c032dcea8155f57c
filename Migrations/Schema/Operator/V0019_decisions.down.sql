-- Who decided what, and why, is lost; jobs are announced as their rows again.
REVOKE UPDATE (source_block, source_index) ON pfa_mirror FROM syncline_system;
DROP FUNCTION release_record(text, text);
DROP TRIGGER sync_job_publish ON sync_job;
DROP FUNCTION sync_job_publish();
DROP FUNCTION sync_job_document(uuid, integer);
DROP FUNCTION sync_job_history(text, uuid);
DROP FUNCTION syncline_moment(timestamptz);

-- A job as `jobs show -o json` prints it.
CREATE FUNCTION sync_job_document(job sync_job) RETURNS jsonb
LANGUAGE sql STABLE
RETURN to_jsonb(job) - 'lease_token';
CREATE OR REPLACE FUNCTION sync_job_announce() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.state <> OLD.state THEN
    INSERT INTO outbox (topic, message_key, message_value, headers)
    VALUES ('pfa.job-events.v1', convert_to(NEW.id::text, 'UTF8'), convert_to(sync_job_document(NEW)::text, 'UTF8'),
      jsonb_build_array(
        jsonb_build_array('ce_specversion', '1.0'), jsonb_build_array('ce_type', 'pfa.job.changed'),
        jsonb_build_array('ce_source', 'syncline'), jsonb_build_array('ce_id', gen_random_uuid()::text),
        jsonb_build_array('ce_time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
        jsonb_build_array('ce_subject', NEW.id::text), jsonb_build_array('ce_organization', NEW.organization_id),
        jsonb_build_array('ce_jobid', NEW.id::text), jsonb_build_array('content-type', 'application/json')));
    PERFORM pg_notify('syncline_outbox', '');
  END IF;
  IF NEW.state IN ('queued', 'retrying') THEN
    PERFORM pg_notify('syncline_job', NEW.kind);
  END IF;
  RETURN NULL;
END
$$;
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
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
ALTER TABLE sync_job ALTER COLUMN updated_at SET DEFAULT now();
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
      'actor', coalesce(syncline_user(),
        CASE WHEN TG_OP = 'INSERT' THEN NEW.requested_by
          WHEN is_claim THEN NEW.lease_owner
          WHEN current_user = 'syncline_worker' THEN OLD.lease_owner END,
        nullif(current_setting('application_name'), ''), session_user::text),
      'reason', CASE NEW.state WHEN 'cancelled' THEN NEW.error_message
        WHEN 'running' THEN CASE WHEN OLD.state = 'awaiting_approval' THEN NEW.parameters ->> 'approvalReason' END END))
  FROM jsonb_each(present)
  WHERE key <> ALL (left_out) AND CASE TG_OP WHEN 'INSERT' THEN value <> 'null' ELSE value IS DISTINCT FROM earlier -> key END;
  RETURN NULL;
END
$$;
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
  INSERT INTO pfa_edit_event (organization_id, kind, modification_id, mirror_id, user_id, session_id, content)
  SELECT organization_id, 'discarded', id, mirror_id, user_id, session_id,
    jsonb_build_object('delta', delta, 'base_values', base_values) FROM removed;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;
CREATE OR REPLACE FUNCTION pfa_check_editor(p_user text, p_tenant text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF pfa_tenant(p_tenant) IS NULL OR p_user IS DISTINCT FROM coalesce(syncline_user(), p_user)
    OR (syncline_organization() IS NOT NULL OR syncline_user() IS NOT NULL) AND NOT EXISTS (SELECT FROM org_permission p
      WHERE p.user_id = p_user AND p.organization_id = p_tenant AND p.level IN ('write', 'admin')) THEN
    RAISE EXCEPTION 'FORBIDDEN: no write permission for this organization' USING ERRCODE = '42501';
  END IF;
END
$$;

DROP TRIGGER deployment_configs_journal ON deployment_configs;
DROP TRIGGER org_permission_journal ON org_permission;
DROP TRIGGER organization_journal ON organization;
DROP FUNCTION operator_journal();
DROP TABLE operator_event;
DROP FUNCTION syncline_reason();
DROP FUNCTION syncline_actor();
