-- The login is a member of the roles again. syncline_login stays: other databases of the server may use it.
DO $$
DECLARE
  wanted text;
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RETURN; END IF;
  FOREACH wanted IN ARRAY ARRAY['syncline_worker', 'syncline_app', 'syncline_reader', 'syncline_system'] LOOP
    EXECUTE format('GRANT %I TO %I', wanted, current_user);
  END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
  NULL;
END
$$;

DO $$
DECLARE
  called regprocedure;
BEGIN
  FOR called IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN ('create_draft',
    'commit_session', 'discard_session', 'update_mirror_with_lock', 'append_events', 'append_events_with_delayed_lock',
    'append_events_adaptive', 'analyze_pfa_query_performance', 'monitor_sync_performance') LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO %I', called, current_user);
  END LOOP;
END
$$;
REVOKE UPDATE ON pfa_mirror FROM syncline_system;
GRANT UPDATE (source_block, source_index) ON pfa_mirror TO syncline_system;
REVOKE DELETE ON pfa_modification FROM syncline_system;
REVOKE EXECUTE ON FUNCTION pfa_tenant(text), pfa_check_editor(text, text), pfa_seen_values(uuid, jsonb, integer, integer, text[]),
  pfa_event_headers(text, text, text), pfa_queue_write_backs(uuid[]), uses_delayed_lock(text),
  pfa_write_edits(integer, uuid[], integer[], jsonb[], jsonb[], text[], text),
  sync_event_append(text, jsonb, bigint, jsonb, boolean) FROM syncline_system;

CREATE OR REPLACE FUNCTION monitor_sync_performance() RETURNS TABLE (metric_name text, metric_value numeric, status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH recent AS MATERIALIZED (
    SELECT operation_type, duration_ms FROM operation_logs WHERE created_at > now() - interval '1 hour'
  )
  SELECT 'calls_per_second', round(count(*) / 3600.0, 3), CASE WHEN 100 * (
      SELECT count(*) FROM sync_job
      WHERE finished_at > now() - interval '1 hour' AND state = 'failed' AND error_code IS DISTINCT FROM 'CONFLICT')
    > count(*) THEN 'WARNING' ELSE 'HEALTHY' END
  FROM recent
  UNION ALL
  SELECT 'active_users', count(*)::numeric, 'HEALTHY'
  FROM (
    SELECT m.user_id FROM organization o JOIN pfa_modification m ON m.organization_id = o.id
    WHERE m.created_at > now() - interval '1 hour'
    UNION
    SELECT requested_by FROM sync_job
    WHERE finished_at > now() - interval '1 hour' AND kind = 'draft_commit' AND requested_by IS NOT NULL
  ) users
  UNION ALL
  SELECT 'active_records', coalesce(sum(record_count), 0)::numeric, 'HEALTHY' FROM kpi_slot
  UNION ALL
  SELECT 'version_checks', count(*)::numeric, 'HEALTHY' FROM recent WHERE operation_type = 'version_check'
  UNION ALL
  SELECT 'average_response_time_ms', round(coalesce(avg(duration_ms), 0)::numeric, 1),
    CASE WHEN coalesce(avg(duration_ms), 0) <= 25 THEN 'OPTIMAL' ELSE 'SLOW' END
  FROM recent WHERE operation_type = 'version_check'
  UNION ALL
  SELECT 'materialized_view_removed', (NOT EXISTS (SELECT FROM pg_matviews WHERE schemaname = 'public'))::int::numeric,
    CASE WHEN EXISTS (SELECT FROM pg_matviews WHERE schemaname = 'public') THEN 'PRESENT' ELSE 'CONFIRMED_REMOVED' END
$$;

DROP POLICY dead_letter_worker ON dead_letter;
DROP POLICY dead_letter_system ON dead_letter;
DROP POLICY dead_letter_tenant ON dead_letter;
ALTER TABLE dead_letter NO FORCE ROW LEVEL SECURITY;
ALTER TABLE dead_letter DISABLE ROW LEVEL SECURITY;
