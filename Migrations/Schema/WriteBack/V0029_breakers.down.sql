-- Nobody is kept from asking any more.
ALTER TABLE upstream_budget
  DROP CONSTRAINT upstream_budget_open,
  DROP COLUMN revision, DROP COLUMN error_message, DROP COLUMN error_code, DROP COLUMN probe_until,
  DROP COLUMN open_until, DROP COLUMN open_since, DROP COLUMN openings, DROP COLUMN failures;
CREATE OR REPLACE FUNCTION pfa_queue_write_backs(p_ids uuid[]) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO outbox (topic, message_key, message_value, headers)
  SELECT 'pfa.write-back.v1', convert_to(o.organization_id || '/' || m.pfa_id, 'UTF8'),
    convert_to(jsonb_build_object('organization', o.organization_id, 'modificationId', o.id)::text, 'UTF8'),
    pfa_event_headers('pfa.write-back.requested', gen_random_uuid()::text, o.organization_id)
  FROM unnest(p_ids) WITH ORDINALITY AS w (id, place)
  JOIN pfa_modification o ON o.id = w.id JOIN pfa_mirror m ON m.id = o.mirror_id
  ORDER BY w.place;
  SELECT pg_notify('syncline_outbox', '');
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
DROP FUNCTION syncline_trace_header(text);
