-- A job's history is found by its key whoever asks. Row security compares an expression over another row, as 'job/' and
-- that row's id, only after it has read each event of the organization: writing an id as text is not known to be
-- leakproof. As a parameter it is a key; a function in SQL would be dissolved into its caller, and the row be back.
CREATE OR REPLACE FUNCTION sync_job_history(p_organization text, p_job uuid)
RETURNS TABLE (version bigint, created_at timestamptz, event text, actor text, reason text, data jsonb)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
  SELECT e.version, e.created_at, substr(e.type, 5), e.metadata ->> 'actor',
    coalesce(e.metadata ->> 'reason', e.data #>> '{after,parameters,retryReason}',
      nullif(concat_ws(': ', e.data #>> '{after,error_code}', e.data #>> '{after,error_message}'), '')), syncline_moments(e.data)
  FROM sync_event e WHERE e.organization_id = p_organization AND e.stream = 'job/' || p_job;
END
$$;

-- The same for what goes with old jobs.
CREATE OR REPLACE FUNCTION delete_old_history(p_history text, p_organization text, p_seconds bigint, p_limit integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before timestamptz := now() - make_interval(secs => p_seconds);
  present text := coalesce(current_setting('syncline.organization', true), '');
  gone bigint;
BEGIN
  IF p_seconds IS NULL OR p_seconds < 86400 THEN
    RAISE EXCEPTION 'history is kept for a day at least' USING ERRCODE = '22023';
  END IF;
  -- Row security binds an owner without superuser rights as well.
  PERFORM set_config('syncline.organization', p_organization, true);
  CASE p_history
    WHEN 'jobs' THEN
      WITH old AS (
        SELECT j.id FROM sync_job j
        WHERE j.finished_at < before AND j.organization_id = p_organization
          AND NOT EXISTS (SELECT FROM job_firing f WHERE f.organization_id = p_organization AND f.finished_at IS NULL AND f.job_id = j.id)
        ORDER BY j.finished_at LIMIT p_limit
      ),
      history AS (
        DELETE FROM sync_event WHERE organization_id = p_organization AND stream = ANY (ARRAY(SELECT 'job/' || id FROM old))
      )
      DELETE FROM sync_job j USING old WHERE j.id = old.id;
    WHEN 'log' THEN
      DELETE FROM pfa_sync_log WHERE id IN (
        SELECT l.id FROM pfa_sync_log l
        WHERE l.organization_id = p_organization AND l.started_at < before AND coalesce(l.completed_at, l.started_at) < before
          AND l.status NOT IN ('running', 'awaiting_approval') AND NOT EXISTS (SELECT FROM sync_job j WHERE j.id = l.job_id)
          AND l.id IS DISTINCT FROM (
            SELECT s.id FROM pfa_sync_log s
            WHERE s.organization_id = p_organization AND s.job_id IS NOT NULL AND s.sync_direction = 'read'
              AND s.status IN ('completed', 'completed_with_errors') AND s.error_code IS NULL
            ORDER BY s.started_at DESC LIMIT 1)
        ORDER BY l.started_at LIMIT p_limit);
    WHEN 'issues' THEN
      DELETE FROM sync_record_issue WHERE id IN (
        SELECT i.id FROM sync_record_issue i
        WHERE i.organization_id = p_organization AND i.created_at < before ORDER BY i.id LIMIT p_limit);
    WHEN 'dead letters' THEN
      DELETE FROM dead_letter WHERE id IN (
        SELECT d.id FROM dead_letter d
        WHERE (d.organization_id = p_organization OR d.organization_id IS NULL) AND d.status <> 'open' AND d.updated_at < before
        ORDER BY d.id LIMIT p_limit FOR UPDATE SKIP LOCKED);
    WHEN 'firings' THEN
      DELETE FROM job_firing WHERE id IN (
        SELECT f.id FROM job_firing f
        WHERE f.organization_id = p_organization AND f.finished_at < before
          AND NOT EXISTS (
            SELECT FROM job_schedule s
            WHERE s.job = f.job AND s.organization_id = p_organization AND s.handled_until <= f.due_at)
        ORDER BY f.due_at LIMIT p_limit);
  END CASE;
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('syncline.organization', present, true);
  RETURN gone;
END
$$;
