-- An upstream that fails again and again is left alone by all workers, and then asked by one of them at a time. What a
-- commit or another job leads to belongs to its trace.

ALTER TABLE upstream_budget
  -- Requests that failed since the last answer, until it opened.
  ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  -- How often it has opened since the last answer; 0: everybody may ask.
  ADD COLUMN openings integer NOT NULL DEFAULT 0 CHECK (openings >= 0),
  ADD COLUMN open_since timestamptz,
  -- Nobody asks before.
  ADD COLUMN open_until timestamptz,
  -- One asks now, and nobody else before; null: nobody does.
  ADD COLUMN probe_until timestamptz,
  -- Of the last failure.
  ADD COLUMN error_code text,
  ADD COLUMN error_message text,
  -- Rises with each change of these columns, for compare-and-set.
  ADD COLUMN revision bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT upstream_budget_open CHECK (
    (openings > 0) = (open_until IS NOT NULL) AND (openings > 0) = (open_since IS NOT NULL)
    AND (probe_until IS NULL OR openings > 0));

-- What goes with an event that belongs to a trace: its header, in the form of `outbox.headers`; nothing when the text
-- is none, so that nothing foreign gets into a header of ours.
CREATE FUNCTION syncline_trace_header(p_trace text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_trace ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'
  THEN jsonb_build_array(jsonb_build_array('traceparent', p_trace)) ELSE '[]'::jsonb END;

-- A push belongs to the trace of the commit that made its edit.
CREATE OR REPLACE FUNCTION pfa_queue_write_backs(p_ids uuid[]) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO outbox (topic, message_key, message_value, headers)
  SELECT 'pfa.write-back.v1', convert_to(o.organization_id || '/' || m.pfa_id, 'UTF8'),
    convert_to(jsonb_build_object('organization', o.organization_id, 'modificationId', o.id)::text, 'UTF8'),
    pfa_event_headers('pfa.write-back.requested', gen_random_uuid()::text, o.organization_id)
      || syncline_trace_header(j.parameters ->> 'traceparent')
  FROM unnest(p_ids) WITH ORDINALITY AS w (id, place)
  JOIN pfa_modification o ON o.id = w.id JOIN pfa_mirror m ON m.id = o.mirror_id
  LEFT JOIN sync_job j ON j.id = o.commit_id
  ORDER BY w.place;
  SELECT pg_notify('syncline_outbox', '');
$$;

-- What is told of a job belongs to its trace.
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
