-- What went wrong keeps its whole story: every decision about a dead letter, the message behind every rejected record,
-- job events that Kafka takes whatever their size. Money has two decimals, for users as for PEMS.

-- What became of a dead letter, whoever did it, in order. Its events go with it when it is cleaned up.
ALTER TABLE operator_event
  DROP CONSTRAINT operator_event_subject_check,
  ADD CONSTRAINT operator_event_subject_check
    CHECK (subject IN ('organization', 'permission', 'deployment', 'record', 'dead_letter')),
  DROP CONSTRAINT operator_event_event_check,
  ADD CONSTRAINT operator_event_event_check
    CHECK (event IN ('added', 'changed', 'removed', 'released', 'replayed', 'reopened', 'resolved', 'discarded')),
  ADD COLUMN letter_id bigint GENERATED ALWAYS AS (CASE WHEN subject = 'dead_letter' THEN subject_id::bigint END) STORED
    REFERENCES dead_letter (id) ON DELETE CASCADE;
CREATE INDEX operator_event_letter ON operator_event (letter_id, id) WHERE letter_id IS NOT NULL;

-- The last decision about each letter is known; earlier ones were overwritten. Row security would bind an owner that
-- speaks for no organization.
ALTER TABLE operator_event NO FORCE ROW LEVEL SECURITY;
INSERT INTO operator_event (organization_id, subject, subject_id, event, actor, reason, after, created_at)
SELECT organization_id, 'dead_letter', id::text, CASE status WHEN 'discarded' THEN 'discarded' ELSE 'replayed' END, decided_by,
  reason, jsonb_build_object('status', CASE status WHEN 'discarded' THEN status ELSE 'replayed' END, 'replays', replays),
  CASE status WHEN 'discarded' THEN updated_at ELSE coalesce(replayed_at, updated_at) END
FROM dead_letter WHERE decided_by IS NOT NULL
ORDER BY updated_at, id;
ALTER TABLE operator_event FORCE ROW LEVEL SECURITY;

-- Writes down what becomes of a letter: an operator's decision, or what a worker met. Not its bytes, which stay.
CREATE FUNCTION dead_letter_journal() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  earlier jsonb := jsonb_build_object('status', OLD.status, 'replays', OLD.replays, 'attempts', OLD.attempts, 'code', OLD.code,
    'cause', OLD.cause);
  present jsonb := jsonb_build_object('status', NEW.status, 'replays', NEW.replays, 'attempts', NEW.attempts, 'code', NEW.code,
    'cause', NEW.cause);
  changed text[] := ARRAY(SELECT key FROM jsonb_each(present) WHERE value IS DISTINCT FROM earlier -> key);
BEGIN
  INSERT INTO operator_event (organization_id, subject, subject_id, event, actor, reason, before, after)
  VALUES (NEW.organization_id, 'dead_letter', NEW.id::text, CASE NEW.status WHEN 'open' THEN 'reopened' ELSE NEW.status END,
    coalesce(syncline_actor(), nullif(current_setting('application_name'), ''), session_user::text), syncline_reason(),
    pfa_pick_fields(earlier, changed), pfa_pick_fields(present, changed));
  RETURN NULL;
END
$$;
CREATE TRIGGER dead_letter_journal AFTER UPDATE ON dead_letter FOR EACH ROW
  WHEN (OLD.status <> NEW.status OR OLD.replays <> NEW.replays OR OLD.attempts <> NEW.attempts)
  EXECUTE FUNCTION dead_letter_journal();

ALTER TABLE sync_record_issue
  -- The message that brought the record; null for edits.
  ADD COLUMN topic text,
  ADD COLUMN partition integer,
  ADD COLUMN kafka_offset bigint,
  -- The event that it came with, by source, id and content, and which of its issues this is: delivered again, an event
  -- finds its issues. Null when a page of a job is counted by its row.
  ADD COLUMN event_key uuid,
  ADD COLUMN event_part integer;
CREATE UNIQUE INDEX sync_record_issue_event ON sync_record_issue (organization_id, event_key, event_part)
  WHERE event_key IS NOT NULL;

-- Of the ids that travel without their data, as the reader wrote them down: he has found them in the mirror. A page
-- that names others is not his. Null: written down by a program that did not say.
ALTER TABLE sync_page ADD COLUMN known_hash bigint;

-- As before; money has two decimals at most, which is what its columns hold.
CREATE OR REPLACE FUNCTION pfa_check_delta(p_delta jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  refused text;
BEGIN
  IF jsonb_typeof(p_delta) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION 'INVALID_TYPE: an edit is a JSON object and names the version it was based on' USING ERRCODE = '22023';
  END IF;
  SELECT string_agg(k, ', ' ORDER BY k) INTO refused
  FROM jsonb_object_keys(p_delta) k
  WHERE k <> ALL (pfa_editable_fields()) OR (k = 'isDiscontinued' AND p_delta -> k <> 'true');
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'FIELD_NOT_EDITABLE: %', refused USING ERRCODE = 'SY004';
  END IF;
  SELECT string_agg(key, ', ' ORDER BY key) INTO refused
  FROM jsonb_each(p_delta)
  WHERE value <> 'null' AND CASE
    WHEN key IN ('monthlyRate', 'purchasePrice')
      THEN pfa_money(value) IS NULL OR scale(trim_scale(value::numeric)) > 2
    WHEN key IN ('forecastStart', 'forecastEnd') THEN jsonb_typeof(value) <> 'string' OR pfa_date(value #>> '{}') IS NULL
    WHEN key IN ('isDiscontinued', 'isFundsTransferable') THEN jsonb_typeof(value) <> 'boolean'
    WHEN key = 'source' THEN value NOT IN ('"Rental"', '"Purchase"')
    ELSE jsonb_typeof(value) <> 'string' OR octet_length(value #>> '{}') > 400 END;
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'INVALID_VALUE: %', refused USING ERRCODE = '22023';
  END IF;
END
$$;

-- As before; issues name the message that brought the record.
CREATE OR REPLACE FUNCTION sync_job_document(p_job uuid, p_issues integer) RETURNS json
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
        'rejected', i.rejected, 'topic', i.topic, 'partition', i.partition, 'kafka_offset', i.kafka_offset,
        'created_at', syncline_moment(i.created_at)) ORDER BY i.id)
      FROM (SELECT * FROM sync_record_issue WHERE job_id = j.id ORDER BY id LIMIT p_issues) i), '[]'))
  FROM sync_job j WHERE j.id = p_job
$$;

-- A job as its event carries it: its document, with so much left out that Kafka takes it. `left_out` names what. Null
-- without such a job.
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
  FROM sync_job j WHERE j.id = NEW.id AND j.state = NEW.state;
  PERFORM pg_notify('syncline_outbox', '');
  RETURN NULL;
END
$$;
