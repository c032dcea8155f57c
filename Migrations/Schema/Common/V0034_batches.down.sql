-- The functions as they were before, a row at a time.
DROP TRIGGER sync_job_begin ON sync_job;
DROP FUNCTION sync_job_begin();
DROP TRIGGER sync_job_publish_new ON sync_job;
DROP TRIGGER sync_job_publish ON sync_job;
DROP TRIGGER sync_job_journal ON sync_job;
DROP FUNCTION sync_jobs_publish(uuid[]);
DROP FUNCTION sync_job_event(json);

CREATE OR REPLACE FUNCTION job_asked_at(p_job uuid, p_organization text, p_taken bigint) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN coalesce((SELECT r.requested_at FROM job_request r WHERE r.job_id = p_job),
  (SELECT min(f.created_at) FROM job_firing f
    WHERE f.organization_id = p_organization AND f.finished_at IS NULL AND f.job_id = p_job),
  least(to_timestamp(p_taken / 1000.0), now()));

CREATE OR REPLACE FUNCTION sync_job_document(p_job uuid, p_issues integer) RETURNS json
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN (
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
          'rejected', i.rejected, 'topic', i.topic, 'partition', i.partition, 'kafka_offset', i.kafka_offset,
          'created_at', syncline_moment(i.created_at)) ORDER BY i.id)
        FROM (SELECT * FROM sync_record_issue WHERE job_id = j.id ORDER BY id LIMIT p_issues) i), '[]'))
    FROM sync_job j WHERE j.id = p_job);
END
$$;

DROP FUNCTION sync_job_documents(uuid[], integer);

CREATE FUNCTION sync_job_event(p_job uuid) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
  document json := sync_job_document(p_job, 20);
  part jsonb;
  left_out text[] := '{}';
  step text;
BEGIN
  -- As pages of a read; more than Kafka takes by default is a million.
  IF document IS NULL OR octet_length(document::text) <= 900000 THEN RETURN document::text; END IF;
  part := document;
  FOREACH step IN ARRAY ARRAY['history.data', 'parameters', 'issues', 'history', 'progress', 'log', 'error_message'] LOOP
    part := part || CASE step
      WHEN 'history.data' THEN
        jsonb_build_object('history', coalesce((SELECT jsonb_agg(e - 'data' ORDER BY n)
          FROM jsonb_array_elements(part -> 'history') WITH ORDINALITY AS h (e, n)), '[]'))
      WHEN 'issues' THEN '{"issues": []}'
      WHEN 'history' THEN '{"history": []}'
      ELSE jsonb_build_object(step, NULL) END;
    left_out := left_out || step;
    part := part || jsonb_build_object('left_out', left_out);
    EXIT WHEN octet_length(part::text) <= 900000;
  END LOOP;
  RETURN part::text;
END
$$;

CREATE OR REPLACE FUNCTION sync_job_publish() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.state = OLD.state THEN RETURN NULL; END IF;
  -- The transaction may have turned to another tenant since, and does nothing any more after this.
  PERFORM set_config('syncline.organization', NEW.organization_id, true);
  INSERT INTO outbox (topic, message_key, message_value, headers)
  SELECT 'pfa.job-events.v1', convert_to(j.id::text, 'UTF8'), convert_to(sync_job_event(j.id), 'UTF8'),
    jsonb_build_array(
      jsonb_build_array('ce_specversion', '1.0'), jsonb_build_array('ce_type', 'pfa.job.changed'),
      jsonb_build_array('ce_source', 'syncline'), jsonb_build_array('ce_id', gen_random_uuid()::text),
      jsonb_build_array('ce_time', syncline_moment(now())), jsonb_build_array('ce_subject', j.id::text),
      jsonb_build_array('ce_organization', j.organization_id), jsonb_build_array('ce_jobid', j.id::text),
      jsonb_build_array('content-type', 'application/json'))
      || syncline_trace_header(j.parameters ->> 'traceparent')
  FROM sync_job j WHERE j.id = NEW.id AND j.state = NEW.state;
  PERFORM pg_notify('syncline_outbox', '');
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER sync_job_publish AFTER INSERT OR UPDATE OF state ON sync_job DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION sync_job_publish();

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
CREATE TRIGGER sync_job_journal AFTER INSERT OR UPDATE OF state, lease_token ON sync_job FOR EACH ROW
  EXECUTE FUNCTION sync_job_journal();
