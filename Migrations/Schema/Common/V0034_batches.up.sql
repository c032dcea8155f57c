-- What is told of jobs is told of all jobs of a statement at once: of a commit of one edit, its job's first event and
-- its message took nearly half of the time.

-- Jobs as their events carry them, with so many of their issues; none for a job that is not there or not the tenant's.
CREATE FUNCTION sync_job_documents(p_jobs uuid[], p_issues integer)
RETURNS TABLE (job uuid, organization text, trace text, document json)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN QUERY
  SELECT j.id, j.organization_id, j.parameters ->> 'traceparent',
    json_build_object('id', j.id, 'organization_id', j.organization_id, 'kind', j.kind, 'state', j.state, 'result', j.result,
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
  FROM unnest(p_jobs) AS w (id) CROSS JOIN LATERAL (SELECT * FROM sync_job s WHERE s.id = w.id OFFSET 0) j;
END
$$;

-- One of them; null without it.
CREATE OR REPLACE FUNCTION sync_job_document(p_job uuid, p_issues integer) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT document FROM sync_job_documents(ARRAY[p_job], p_issues));
END
$$;

-- A job's document as Kafka takes it: with so much left out that it fits, and `left_out` naming what.
DROP FUNCTION sync_job_event(uuid);
CREATE FUNCTION sync_job_event(p_document json) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  part jsonb;
  left_out text[] := '{}';
  step text;
BEGIN
  -- As pages of a read; more than Kafka takes by default is a million.
  IF octet_length(p_document::text) <= 900000 THEN RETURN p_document::text; END IF;
  part := p_document;
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

-- Puts what these jobs are into the outbox.
CREATE FUNCTION sync_jobs_publish(p_jobs uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO outbox (topic, message_key, message_value, headers)
  SELECT 'pfa.job-events.v1', convert_to(d.job::text, 'UTF8'), convert_to(sync_job_event(d.document), 'UTF8'),
    jsonb_build_array(
      jsonb_build_array('ce_specversion', '1.0'), jsonb_build_array('ce_type', 'pfa.job.changed'),
      jsonb_build_array('ce_source', 'syncline'), jsonb_build_array('ce_id', gen_random_uuid()::text),
      jsonb_build_array('ce_time', syncline_moment(now())), jsonb_build_array('ce_subject', d.job::text),
      jsonb_build_array('ce_organization', d.organization), jsonb_build_array('ce_jobid', d.job::text),
      jsonb_build_array('content-type', 'application/json'))
      || syncline_trace_header(d.trace)
  FROM sync_job_documents(p_jobs, 20) d;
  IF FOUND THEN PERFORM pg_notify('syncline_outbox', ''); END IF;
END
$$;

-- A job that goes on is told as it is when its transaction ends: by then its pages, its log row and its issues may have
-- changed as well, and its state again.
CREATE OR REPLACE FUNCTION sync_job_publish() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- The transaction may have turned to another tenant since, and does nothing any more after this.
  PERFORM set_config('syncline.organization', NEW.organization_id, true);
  PERFORM sync_jobs_publish(ARRAY[j.id]) FROM sync_job j WHERE j.id = NEW.id AND j.state = NEW.state;
  RETURN NULL;
END
$$;
DROP TRIGGER sync_job_publish ON sync_job;
CREATE CONSTRAINT TRIGGER sync_job_publish AFTER UPDATE OF state ON sync_job DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION sync_job_publish();
CREATE CONSTRAINT TRIGGER sync_job_publish_new AFTER INSERT ON sync_job DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.finished_at IS NULL) EXECUTE FUNCTION sync_job_publish();

-- The first event of new jobs' streams; and the message of those that are over already, which the statement that
-- inserts them inserts with their log rows and issues.
CREATE FUNCTION sync_job_begin() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  who text := coalesce(syncline_actor(), syncline_user());
  whose text := coalesce(nullif(current_setting('application_name'), ''), session_user::text);
  over uuid[];
BEGIN
  INSERT INTO sync_event (organization_id, stream, version, type, data, metadata)
  SELECT j.organization_id, j.stream,
    (SELECT coalesce(max(e.version), -1) + 1 FROM sync_event e WHERE e.organization_id = j.organization_id AND e.stream = j.stream),
    'job.' || j.state, jsonb_build_object('after', jsonb_strip_nulls(j.present) || jsonb_build_object('parameters', j.parameters)),
    -- Who asks says why with the request, and again with a retry.
    jsonb_strip_nulls(jsonb_build_object('actor', coalesce(who, j.requested_by, whose),
      'reason', coalesce(syncline_reason(), j.parameters ->> 'retryReason', j.parameters ->> 'reason',
        j.parameters ->> 'changeReason')))
  -- As keys, which row security lets the index answer (V0031); without what is secret, or no part of the state.
  FROM (
    SELECT n.organization_id, 'job/' || n.id AS stream, n.state, n.requested_by, n.parameters,
      to_jsonb(n) - ARRAY['lease_token', 'lease_expires_at', 'updated_at', 'progress', 'parameters'] AS present
    FROM begun n OFFSET 0
  ) j;
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT array_agg(id ORDER BY id) INTO over FROM begun WHERE finished_at IS NOT NULL;
  IF over IS NOT NULL THEN PERFORM sync_jobs_publish(over); END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER sync_job_begin AFTER INSERT ON sync_job REFERENCING NEW TABLE AS begun FOR EACH STATEMENT
  EXECUTE FUNCTION sync_job_begin();

-- What is left for changes of a job: each of its state, and each takeover from a silent worker.
DROP TRIGGER sync_job_journal ON sync_job;
CREATE OR REPLACE FUNCTION sync_job_journal() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  is_claim boolean := NEW.lease_token IS NOT NULL AND NEW.lease_token IS DISTINCT FROM OLD.lease_token;
  earlier jsonb := to_jsonb(OLD);
  stream_name text := 'job/' || NEW.id;
  -- Secret, or no part of the state.
  left_out text[] := ARRAY['lease_token', 'lease_expires_at', 'updated_at', 'progress'];
BEGIN
  IF NEW.state = OLD.state AND NOT is_claim THEN RETURN NULL; END IF;
  INSERT INTO sync_event (organization_id, stream, version, type, data, metadata)
  SELECT NEW.organization_id, stream_name,
    (SELECT coalesce(max(version), -1) + 1 FROM sync_event WHERE organization_id = NEW.organization_id AND stream = stream_name),
    CASE WHEN NEW.state = OLD.state THEN 'job.taken_over' ELSE 'job.' || NEW.state END,
    jsonb_build_object('before', jsonb_object_agg(key, earlier -> key), 'after', jsonb_object_agg(key, value)),
    jsonb_strip_nulls(jsonb_build_object(
      'actor', coalesce(syncline_actor(), syncline_user(),
        CASE WHEN is_claim THEN NEW.lease_owner WHEN current_user = 'syncline_worker' THEN OLD.lease_owner END,
        nullif(current_setting('application_name'), ''), session_user::text),
      'reason', coalesce(syncline_reason(), CASE
        WHEN NEW.state = 'cancelled' THEN NEW.error_message
        WHEN OLD.state = 'awaiting_approval' AND NEW.state = 'running' THEN NEW.parameters ->> 'approvalReason' END)))
  FROM jsonb_each(to_jsonb(NEW))
  WHERE key <> ALL (left_out) AND value IS DISTINCT FROM earlier -> key;
  RETURN NULL;
END
$$;
CREATE TRIGGER sync_job_journal AFTER UPDATE OF state, lease_token ON sync_job FOR EACH ROW
  EXECUTE FUNCTION sync_job_journal();

-- When a job was asked for, as V0025 has it; planned once for a connection.
CREATE OR REPLACE FUNCTION job_asked_at(p_job uuid, p_organization text, p_taken bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT r.requested_at FROM job_request r WHERE r.job_id = p_job),
    (SELECT min(f.created_at) FROM job_firing f
      WHERE f.organization_id = p_organization AND f.finished_at IS NULL AND f.job_id = p_job),
    least(to_timestamp(p_taken / 1000.0), now()));
END
$$;
