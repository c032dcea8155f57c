-- What became of dead letters, the messages behind rejected records, and what readers vouched for are forgotten.
CREATE OR REPLACE FUNCTION sync_job_publish() RETURNS trigger
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
DROP FUNCTION sync_job_event(uuid);
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
        'rejected', i.rejected, 'created_at', syncline_moment(i.created_at)) ORDER BY i.id)
      FROM (SELECT * FROM sync_record_issue WHERE job_id = j.id ORDER BY id LIMIT p_issues) i), '[]'))
  FROM sync_job j WHERE j.id = p_job
$$;
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
      THEN pfa_money(value) IS NULL OR octet_length(trim_scale(value::numeric)::text) > 40
    WHEN key IN ('forecastStart', 'forecastEnd') THEN jsonb_typeof(value) <> 'string' OR pfa_date(value #>> '{}') IS NULL
    WHEN key IN ('isDiscontinued', 'isFundsTransferable') THEN jsonb_typeof(value) <> 'boolean'
    WHEN key = 'source' THEN value NOT IN ('"Rental"', '"Purchase"')
    ELSE jsonb_typeof(value) <> 'string' OR octet_length(value #>> '{}') > 400 END;
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'INVALID_VALUE: %', refused USING ERRCODE = '22023';
  END IF;
END
$$;
ALTER TABLE sync_page DROP COLUMN known_hash;
ALTER TABLE sync_record_issue DROP COLUMN topic, DROP COLUMN partition, DROP COLUMN kafka_offset, DROP COLUMN event_key,
  DROP COLUMN event_part;
DROP TRIGGER dead_letter_journal ON dead_letter;
DROP FUNCTION dead_letter_journal();
-- Row security would bind an owner that speaks for no organization.
ALTER TABLE operator_event NO FORCE ROW LEVEL SECURITY;
DELETE FROM operator_event WHERE subject = 'dead_letter';
ALTER TABLE operator_event FORCE ROW LEVEL SECURITY;
ALTER TABLE operator_event
  DROP COLUMN letter_id,
  DROP CONSTRAINT operator_event_subject_check,
  ADD CONSTRAINT operator_event_subject_check CHECK (subject IN ('organization', 'permission', 'deployment', 'record')),
  DROP CONSTRAINT operator_event_event_check,
  ADD CONSTRAINT operator_event_event_check CHECK (event IN ('added', 'changed', 'removed', 'released'));
