-- The function as it was before.
CREATE OR REPLACE FUNCTION pfa_queue_write_backs(p_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  INSERT INTO outbox (topic, message_key, message_value, headers)
  SELECT 'pfa.write-back.v1', convert_to(o.organization_id || '/' || m.pfa_id, 'UTF8'),
    convert_to(jsonb_build_object('organization', o.organization_id, 'modificationId', o.id)::text, 'UTF8'),
    pfa_event_headers('pfa.write-back.requested', gen_random_uuid()::text, o.organization_id)
      || syncline_trace_header(j.parameters ->> 'traceparent')
  FROM unnest(p_ids) WITH ORDINALITY AS w (id, place)
  JOIN pfa_modification o ON o.id = w.id JOIN pfa_mirror m ON m.id = o.mirror_id
  LEFT JOIN sync_job j ON j.id = o.commit_id
  ORDER BY w.place;
  PERFORM pg_notify('syncline_outbox', '');
END
$$;
