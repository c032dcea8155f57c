-- The functions as they were before.
CREATE OR REPLACE FUNCTION syncline_moments(history jsonb) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT coalesce(jsonb_object_agg(side.key, CASE WHEN jsonb_typeof(side.value) <> 'object' THEN side.value
    ELSE side.value || (SELECT coalesce(jsonb_object_agg(m.key, syncline_moment(m.value::timestamptz)), '{}')
      FROM jsonb_each_text(side.value) m WHERE m.key LIKE '%\_at' AND m.value ~ '^\d{4,}-\d\d-\d\dT') END), '{}')
  FROM jsonb_each(history) side);

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

CREATE OR REPLACE FUNCTION syncline_trace_header(p_trace text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_trace ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'
  THEN jsonb_build_array(jsonb_build_array('traceparent', p_trace)) ELSE '[]'::jsonb END;
