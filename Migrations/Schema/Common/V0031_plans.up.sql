-- What a statement costs does not depend on how many rows others have.

-- A job's history is found by its key whoever asks. Row security compares an expression over another row, as 'job/' and
-- that row's id, only after it has read each event of the organization: writing an id as text is not known to be
-- leakproof. As a column of a subquery that stays one (OFFSET 0) it is a key.
CREATE OR REPLACE FUNCTION sync_job_history(p_organization text, p_job uuid)
RETURNS TABLE (version bigint, created_at timestamptz, event text, actor text, reason text, data jsonb)
LANGUAGE sql STABLE AS $$
  SELECT e.version, e.created_at, substr(e.type, 5), e.metadata ->> 'actor',
    coalesce(e.metadata ->> 'reason', e.data #>> '{after,parameters,retryReason}',
      nullif(concat_ws(': ', e.data #>> '{after,error_code}', e.data #>> '{after,error_message}'), '')), syncline_moments(e.data)
  FROM (SELECT 'job/' || p_job AS stream OFFSET 0) j JOIN sync_event e ON e.organization_id = p_organization AND e.stream = j.stream
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

-- Workers look these up by other keys than their organization, and each probe costs the same from the first row on: see
-- pfa_mirror_worker. Beside a policy that an index answers, the plan that is made for an empty table, and kept, walks
-- the organization's rows.
DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['sync_job', 'pfa_sync_log', 'sync_page', 'pfa_edit_event', 'pfa_sync_conflict'] LOOP
    EXECUTE format('CREATE POLICY %I ON %I TO syncline_worker '
      'USING (organization_id IS NOT DISTINCT FROM (SELECT syncline_organization())) '
      'WITH CHECK (organization_id IS NOT DISTINCT FROM (SELECT syncline_organization()))', tenant_table || '_worker', tenant_table);
  END LOOP;
END
$$;

-- Rows before and after are matched by hashing, whatever the caller's plans are bound to: a commit forbids it, and the
-- loop over both sides that was left took 17 s for ten thousand edits.
ALTER FUNCTION pfa_modification_journal() SET enable_hashjoin = on;

-- Planned once for a connection, as probes of known keys: a plan for each call, as a function in SQL has and as looks
-- cheaper, takes longer to make than the edit of one record.
CREATE OR REPLACE FUNCTION pfa_write_edits(p_slot integer, p_ids uuid[], p_versions integer[], p_patches jsonb[], p_pending jsonb[],
  p_causes text[], p_kind text DEFAULT 'draft_commit') RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  written integer;
BEGIN
  WITH edit AS MATERIALIZED (
    SELECT e.patch, e.pending, e.cause, m.*
    FROM unnest(p_ids, p_versions, p_patches, p_pending, p_causes) AS e (id, version, patch, pending, cause)
    CROSS JOIN LATERAL (
      SELECT p.id, p.organization_id, p.version, p.category, p.source, p.dor, p.is_discontinued, p.is_actualized, p.monthly_rate,
        p.purchase_price, p.original_start, p.original_end, p.forecast_start, p.forecast_end, p.actual_start, p.actual_end
      FROM pfa_mirror p WHERE p.id = e.id AND p.version = e.version OFFSET 0
    ) m
  ),
  edited AS (
    UPDATE pfa_mirror m
    SET data = m.data || e.patch, pending_base = nullif(e.pending, '{}'), version = m.version + 1, updated_at = now()
    FROM edit e WHERE m.id = e.id AND m.version = e.version
    RETURNING e.cause, m.organization_id, m.category, m.source, m.dor, m.is_discontinued, m.is_actualized, m.monthly_rate,
      m.purchase_price, m.original_start, m.original_end, m.forecast_start, m.forecast_end, m.actual_start, m.actual_end
  ),
  effect AS (
    SELECT cause, organization_id, category, source, dor, 1 AS sign, is_actualized, monthly_rate, purchase_price,
      original_start, original_end, forecast_start, forecast_end, actual_start, actual_end
    FROM edited WHERE NOT is_discontinued
    UNION ALL
    SELECT cause, organization_id, category, source, dor, -1, is_actualized, monthly_rate, purchase_price,
      original_start, original_end, forecast_start, forecast_end, actual_start, actual_end
    FROM edit WHERE NOT is_discontinued
  ),
  delta AS MATERIALIZED (
    SELECT cause, organization_id, category, source, dor,
      sum(sign * pfa_phase_cost(source, monthly_rate, purchase_price, original_start, original_end)) AS plan,
      sum(sign * pfa_phase_cost(source, monthly_rate, purchase_price, forecast_start, forecast_end)) AS forecast,
      sum(sign * CASE WHEN is_actualized
        THEN pfa_phase_cost(source, monthly_rate, purchase_price, actual_start, actual_end) ELSE 0 END) AS actual,
      sum(sign) AS records, sum(sign * is_actualized::int) AS actualized
    FROM effect GROUP BY cause, organization_id, category, source, dor
  ),
  changes AS MATERIALIZED (
    SELECT * FROM delta WHERE plan <> 0 OR forecast <> 0 OR actual <> 0 OR records <> 0 OR actualized <> 0
  ),
  totals AS (
    INSERT INTO kpi_slot AS s (organization_id, category, source, dor, slot, plan_cost, forecast_cost, actual_cost,
      record_count, actualized_count)
    SELECT organization_id, category, source, dor, p_slot::smallint, sum(plan), sum(forecast), sum(actual), sum(records),
      sum(actualized)
    FROM changes GROUP BY organization_id, category, source, dor ORDER BY organization_id, category, source, dor
    ON CONFLICT (organization_id, category, source, dor, slot) DO UPDATE
    SET plan_cost = s.plan_cost + excluded.plan_cost, forecast_cost = s.forecast_cost + excluded.forecast_cost,
      actual_cost = s.actual_cost + excluded.actual_cost, record_count = s.record_count + excluded.record_count,
      actualized_count = s.actualized_count + excluded.actualized_count
  ),
  lineage AS (
    INSERT INTO kpi_change (organization_id, category, source, dor, cause, cause_id, plan_cost, forecast_cost,
      actual_cost, record_count, actualized_count)
    SELECT organization_id, category, source, dor, p_kind, cause, plan, forecast, actual, records, actualized
    FROM changes
  )
  SELECT count(*) INTO written FROM edited;
  RETURN written;
END
$$;
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

-- A draft that goes asks whether a conflict names it, resolved ones too.
CREATE INDEX pfa_sync_conflict_modification ON pfa_sync_conflict (modification_id);
-- With the order in which they are told: else a job without issues is told so by all issues of all jobs.
DROP INDEX sync_record_issue_job;
CREATE INDEX sync_record_issue_job ON sync_record_issue (job_id, id) WHERE job_id IS NOT NULL;
