-- Takes back what was promised to the letter.
CREATE OR REPLACE FUNCTION monitor_sync_performance() RETURNS TABLE (metric_name text, metric_value numeric, status text)
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
GRANT EXECUTE ON FUNCTION append_events(text, jsonb, bigint, jsonb), append_events_with_delayed_lock(text, jsonb, bigint, jsonb),
  append_events_adaptive(text, jsonb, bigint, jsonb), uses_delayed_lock(text) TO syncline_worker;
ALTER TABLE pfa_mirror ALTER COLUMN id DROP DEFAULT;
