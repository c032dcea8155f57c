-- The login that installs takes the four roles for its work, one in each transaction, and is none of them by itself. As
-- their member it had what they have: row security showed it the rows of all tenants, as syncline_system, and the
-- functions that run as their owner were bound to the sandbox of applications, whose session they do not name.
--
-- Membership goes through a role that inherits nothing: before PostgreSQL 16 that is a property of the member, and the
-- login's other roles are not ours to change. A superuser needs no membership.
DO $$
DECLARE
  wanted text;
  present text := current_setting('role');
  all_roles text[] := ARRAY['syncline_worker', 'syncline_app', 'syncline_reader', 'syncline_system'];
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN RETURN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'syncline_login') THEN
    BEGIN
      CREATE ROLE syncline_login NOLOGIN NOINHERIT;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END IF;
  FOREACH wanted IN ARRAY all_roles LOOP
    IF NOT pg_has_role('syncline_login', wanted, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO syncline_login', wanted);
    END IF;
  END LOOP;
  BEGIN
    EXECUTE format('GRANT syncline_login TO %I', current_user);
  EXCEPTION WHEN insufficient_privilege THEN
    -- Somebody else may have done it.
    NULL;
  END;
  FOREACH wanted IN ARRAY all_roles LOOP
    EXECUTE format('REVOKE %I FROM %I', wanted, current_user);
  END LOOP;
  -- Whether it may still take them is tried, as in V0001; if not, all of this is undone.
  FOREACH wanted IN ARRAY all_roles LOOP
    PERFORM set_config('role', wanted, true), set_config('role', present, true);
  END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'the login keeps what the roles have, until somebody who may grants it syncline_login instead: %', SQLERRM;
END
$$;

-- The state of the sync in six numbers, as V0030 has them: of the organization that the transaction is bound to. Who
-- may be syncline_system, and names none, sees all together.
CREATE OR REPLACE FUNCTION monitor_sync_performance() RETURNS TABLE (metric_name text, metric_value numeric, status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH seen AS MATERIALIZED (
    SELECT id FROM organization WHERE id = syncline_organization() OR syncline_organization() IS NULL
      AND pg_has_role(coalesce(nullif(current_setting('role'), 'none'), session_user)::name, 'syncline_system', 'MEMBER')
  ),
  recent AS MATERIALIZED (
    SELECT operation_type, duration_ms FROM operation_logs
    WHERE created_at > now() - interval '1 hour' AND organization_id IN (SELECT id FROM seen)
  )
  SELECT 'calls_per_second', round(count(*) / 3600.0, 3), CASE WHEN 100 * (
      SELECT count(*) FROM sync_job
      WHERE organization_id IN (SELECT id FROM seen) AND finished_at > now() - interval '1 hour' AND state = 'failed'
        AND error_code IS DISTINCT FROM 'CONFLICT')
    > count(*) THEN 'WARNING' ELSE 'HEALTHY' END
  FROM recent
  UNION ALL
  SELECT 'active_users', count(*)::numeric, 'HEALTHY'
  FROM (
    SELECT m.user_id FROM seen o JOIN pfa_modification m ON m.organization_id = o.id
    WHERE m.created_at > now() - interval '1 hour'
    UNION
    SELECT requested_by FROM sync_job
    WHERE organization_id IN (SELECT id FROM seen) AND finished_at > now() - interval '1 hour' AND kind = 'draft_commit'
      AND requested_by IS NOT NULL
  ) users
  UNION ALL
  SELECT 'active_records', coalesce(sum(record_count), 0)::numeric, 'HEALTHY'
  FROM kpi_slot WHERE organization_id IN (SELECT id FROM seen)
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

-- What applications call runs as syncline_system, whoever installed: each function asks itself whose rows it may touch,
-- and neither a tenant's policy nor a session's sandbox is in its way. As a superuser's it would do so with the rights
-- of one. To replace one of these, a migration takes the role first.
GRANT UPDATE ON pfa_mirror TO syncline_system;
GRANT DELETE ON pfa_modification TO syncline_system;
GRANT EXECUTE ON FUNCTION pfa_tenant(text), pfa_check_editor(text, text), pfa_seen_values(uuid, jsonb, integer, integer, text[]),
  pfa_event_headers(text, text, text), pfa_queue_write_backs(uuid[]), uses_delayed_lock(text),
  pfa_write_edits(integer, uuid[], integer[], jsonb[], jsonb[], text[], text),
  sync_event_append(text, jsonb, bigint, jsonb, boolean) TO syncline_system;
DO $$
DECLARE
  called regprocedure;
BEGIN
  GRANT CREATE ON SCHEMA public TO syncline_system;
  FOR called IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname IN ('create_draft',
    'commit_session', 'discard_session', 'update_mirror_with_lock', 'append_events', 'append_events_with_delayed_lock',
    'append_events_adaptive', 'analyze_pfa_query_performance', 'monitor_sync_performance') LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO syncline_system', called);
  END LOOP;
  REVOKE CREATE ON SCHEMA public FROM syncline_system;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'the functions of applications stay with their creator: %', SQLERRM;
END
$$;

-- Letters hold what tenants sent. Those of nobody we know belong to whoever looks after the machinery, and workers keep
-- what they find, whosoever it is.
ALTER TABLE dead_letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_letter FORCE ROW LEVEL SECURITY;
CREATE POLICY dead_letter_tenant ON dead_letter
  USING (organization_id IS NULL OR organization_id = (SELECT syncline_organization()))
  WITH CHECK (organization_id IS NULL OR organization_id = (SELECT syncline_organization()));
CREATE POLICY dead_letter_system ON dead_letter TO syncline_system USING (true) WITH CHECK (true);
CREATE POLICY dead_letter_worker ON dead_letter FOR INSERT TO syncline_worker WITH CHECK (true);
