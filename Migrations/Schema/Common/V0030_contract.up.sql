-- What was promised to applications, to the letter: a record needs no id, whose functions are whose, six metrics by
-- their names.

-- Whoever writes a record by hand needs no id. The apply names the one it derives from the key.
ALTER TABLE pfa_mirror ALTER COLUMN id SET DEFAULT gen_random_uuid();

-- Journals are appended to by applications; what workers do is written into them by triggers.
REVOKE EXECUTE ON FUNCTION append_events(text, jsonb, bigint, jsonb),
  append_events_with_delayed_lock(text, jsonb, bigint, jsonb),
  append_events_adaptive(text, jsonb, bigint, jsonb), uses_delayed_lock(text) FROM syncline_worker;

-- The state of the sync in six numbers about all organizations together, over the last hour where that applies. A call
-- is a job that has ended; a version check is a commit of drafts, from its event to its effect. A conflict between
-- users is no failure.
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
