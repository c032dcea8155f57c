-- What an application or an operator asks the database itself about speed and state.

-- How long the common queries take here, for one organization and filter: name, rows, milliseconds, target.
-- Raises 42501 FORBIDDEN for another organization than the transaction's, except to who sees all of them anyway.
CREATE FUNCTION analyze_pfa_query_performance(p_organization text, p_category text DEFAULT NULL, p_source text DEFAULT NULL)
RETURNS TABLE (query_name text, row_count bigint, execution_ms numeric, target_ms numeric, status text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  started timestamptz;
  caller text := coalesce(nullif(current_setting('role'), 'none'), session_user);
BEGIN
  -- Row security may not bind the owner of this function, so it looks for itself.
  IF syncline_organization() IS DISTINCT FROM p_organization AND NOT pg_has_role(caller, 'syncline_system', 'USAGE') THEN
    RAISE EXCEPTION 'FORBIDDEN: not the organization of this transaction' USING ERRCODE = '42501';
  END IF;

  started := clock_timestamp();
  SELECT count(*) INTO row_count FROM pfa_mirror m
  WHERE m.organization_id = p_organization AND NOT m.is_discontinued AND (p_category IS NULL OR m.category = p_category)
    AND (p_source IS NULL OR m.source = p_source);
  query_name := 'filter'; target_ms := 50;
  execution_ms := round(extract(epoch FROM clock_timestamp() - started)::numeric * 1000, 3);
  status := CASE WHEN execution_ms <= target_ms THEN 'OPTIMAL' ELSE 'SLOW' END;
  RETURN NEXT;

  started := clock_timestamp();
  SELECT count(*) INTO row_count FROM (
    SELECT m.data FROM pfa_mirror m
    WHERE m.organization_id = p_organization AND NOT m.is_discontinued
      AND (p_category IS NULL OR m.category = p_category) AND (p_source IS NULL OR m.source = p_source)
    ORDER BY m.category, m.source, m.class LIMIT 100) page;
  query_name := 'first page of 100'; target_ms := 20;
  execution_ms := round(extract(epoch FROM clock_timestamp() - started)::numeric * 1000, 3);
  status := CASE WHEN execution_ms <= target_ms THEN 'OPTIMAL' ELSE 'SLOW' END;
  RETURN NEXT;

  started := clock_timestamp();
  -- Whole rows are counted: the planner leaves out columns that nobody asks for.
  SELECT count(s) INTO row_count FROM pfa_kpi_summary s WHERE s.organization_id = p_organization;
  query_name := 'kpi summary'; target_ms := 50;
  execution_ms := round(extract(epoch FROM clock_timestamp() - started)::numeric * 1000, 3);
  status := CASE WHEN execution_ms <= target_ms THEN 'OPTIMAL' ELSE 'SLOW' END;
  RETURN NEXT;

  started := clock_timestamp();
  SELECT count(b) INTO row_count FROM pfa_timeline_bounds b WHERE b.organization_id = p_organization;
  query_name := 'timeline bounds'; target_ms := 20;
  execution_ms := round(extract(epoch FROM clock_timestamp() - started)::numeric * 1000, 3);
  status := CASE WHEN execution_ms <= target_ms THEN 'OPTIMAL' ELSE 'SLOW' END;
  RETURN NEXT;

  started := clock_timestamp();
  SELECT count(*) INTO row_count FROM (
    SELECT m.id FROM pfa_mirror m
    WHERE m.organization_id = p_organization
      AND m.data @> jsonb_strip_nulls(jsonb_build_object('category', p_category, 'source', p_source)) LIMIT 100) page;
  query_name := 'containment'; target_ms := 200;
  execution_ms := round(extract(epoch FROM clock_timestamp() - started)::numeric * 1000, 3);
  status := CASE WHEN execution_ms <= target_ms THEN 'OPTIMAL' ELSE 'SLOW' END;
  RETURN NEXT;
END
$$;

-- The state of the sync in six numbers about all organizations together, over the last hour where that applies.
CREATE FUNCTION monitor_sync_performance() RETURNS TABLE (metric_name text, metric_value numeric, status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT 'materialized_view_removed', (NOT EXISTS (SELECT FROM pg_matviews WHERE schemaname = 'public'))::int::numeric,
    CASE WHEN EXISTS (SELECT FROM pg_matviews WHERE schemaname = 'public') THEN 'PRESENT' ELSE 'CONFIRMED_REMOVED' END
  UNION ALL
  SELECT 'records_per_second', round(coalesce(sum(received), 0) / 3600.0, 3), 'HEALTHY'
  FROM pfa_sync_log WHERE coalesce(completed_at, started_at) > now() - interval '1 hour'
  UNION ALL
  SELECT 'active_organizations', count(DISTINCT organization_id)::numeric, 'HEALTHY'
  FROM pfa_sync_log WHERE coalesce(completed_at, started_at) > now() - interval '1 hour'
  UNION ALL
  SELECT 'average_run_ms', round(coalesce(avg(duration_ms), 0), 1), 'HEALTHY'
  FROM pfa_sync_log WHERE completed_at > now() - interval '1 hour' AND job_id IS NOT NULL
  UNION ALL
  SELECT 'rejected_share', round(coalesce(sum(rejected)::numeric / nullif(sum(received), 0), 0), 6),
    CASE WHEN coalesce(sum(rejected)::numeric / nullif(sum(received), 0), 0) > 0.01 THEN 'WARNING' ELSE 'HEALTHY' END
  FROM pfa_sync_log WHERE coalesce(completed_at, started_at) > now() - interval '1 hour'
  UNION ALL
  SELECT 'open_jobs', count(*)::numeric,
    CASE WHEN bool_or(state = 'awaiting_approval') THEN 'WARNING' ELSE 'HEALTHY' END
  FROM sync_job WHERE state IN ('queued', 'running', 'retrying', 'awaiting_approval')
$$;
REVOKE EXECUTE ON FUNCTION analyze_pfa_query_performance(text, text, text), monitor_sync_performance() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analyze_pfa_query_performance(text, text, text), monitor_sync_performance()
  TO syncline_app;
