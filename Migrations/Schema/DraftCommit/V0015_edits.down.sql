-- Edits by update_mirror_with_lock leave no row of their own any more, and nothing pushes them.
CREATE OR REPLACE FUNCTION update_mirror_with_lock(p_mirror_id uuid, p_delta jsonb, p_current_version integer)
RETURNS TABLE (success boolean, new_version integer, conflict_detected boolean, current_content jsonb,
  current_version integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  tenant text := syncline_organization();
  editor text := nullif(current_setting('syncline.user_id', true), '');
  refused text;
BEGIN
  IF jsonb_typeof(p_delta) IS DISTINCT FROM 'object' OR p_current_version IS NULL THEN
    RAISE EXCEPTION 'INVALID_TYPE: an edit is a JSON object and names the version it was based on' USING ERRCODE = '22023';
  END IF;
  -- Row security may not bind the owner of this function, so it looks for itself.
  IF NOT EXISTS (SELECT FROM org_permission p
      WHERE p.user_id = editor AND p.organization_id = tenant AND p.level IN ('write', 'admin')) THEN
    RAISE EXCEPTION 'FORBIDDEN: no write permission for this organization' USING ERRCODE = '42501';
  END IF;
  SELECT string_agg(k, ', ' ORDER BY k) INTO refused
  FROM jsonb_object_keys(p_delta) k
  WHERE k <> ALL (pfa_editable_fields()) OR (k = 'isDiscontinued' AND p_delta -> k <> 'true');
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'FIELD_NOT_EDITABLE: %', refused USING ERRCODE = 'SY004';
  END IF;
  -- What the generated columns can not read would be null to them, and missing in every total.
  SELECT string_agg(key, ', ' ORDER BY key) INTO refused
  FROM jsonb_each(p_delta)
  WHERE value <> 'null' AND CASE
    WHEN key IN ('monthlyRate', 'purchasePrice') THEN pfa_money(value) IS NULL
    WHEN key IN ('forecastStart', 'forecastEnd') THEN jsonb_typeof(value) <> 'string' OR pfa_date(value #>> '{}') IS NULL
    WHEN key IN ('isDiscontinued', 'isFundsTransferable') THEN jsonb_typeof(value) <> 'boolean'
    WHEN key = 'source' THEN value NOT IN ('"Rental"', '"Purchase"')
    ELSE jsonb_typeof(value) <> 'string' END;
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'INVALID_VALUE: %', refused USING ERRCODE = '22023';
  END IF;

  RETURN QUERY
  WITH seen AS MATERIALIZED (
    SELECT m.* FROM pfa_mirror m
    WHERE m.id = p_mirror_id AND m.organization_id = tenant AND m.version = p_current_version
    FOR UPDATE
  ),
  change AS MATERIALIZED (
    -- The fields that change, and what PEMS says of them: the value that a field's first edit replaced.
    SELECT s.id, jsonb_object_agg(d.key, d.value) AS ours,
      jsonb_object_agg(d.key, coalesce(s.data -> d.key, 'null')) || coalesce(s.pending_base, '{}') AS theirs
    FROM seen s CROSS JOIN jsonb_each(p_delta) d
    WHERE d.value <> coalesce(s.data -> d.key, 'null')
    GROUP BY s.id, s.pending_base
  ),
  edited AS (
    UPDATE pfa_mirror m
    SET data = m.data || c.ours, version = m.version + 1, updated_at = now(),
      -- A field that is edited back to PEMS' value is an edit no more.
      pending_base = (SELECT jsonb_object_agg(key, value) FROM jsonb_each(c.theirs) WHERE value IS DISTINCT FROM c.ours -> key)
    FROM change c WHERE m.id = c.id AND m.version = p_current_version
    RETURNING m.*
  ),
  effect AS (
    SELECT category, source, dor, 1 AS sign, is_actualized, monthly_rate, purchase_price, original_start, original_end,
      forecast_start, forecast_end, actual_start, actual_end
    FROM edited WHERE NOT is_discontinued
    UNION ALL
    SELECT s.category, s.source, s.dor, -1, s.is_actualized, s.monthly_rate, s.purchase_price, s.original_start,
      s.original_end, s.forecast_start, s.forecast_end, s.actual_start, s.actual_end
    FROM seen s JOIN edited e ON e.id = s.id WHERE NOT s.is_discontinued
  ),
  delta AS MATERIALIZED (
    SELECT category, source, dor,
      sum(sign * pfa_phase_cost(source, monthly_rate, purchase_price, original_start, original_end)) AS plan,
      sum(sign * pfa_phase_cost(source, monthly_rate, purchase_price, forecast_start, forecast_end)) AS forecast,
      sum(sign * CASE WHEN is_actualized
        THEN pfa_phase_cost(source, monthly_rate, purchase_price, actual_start, actual_end) ELSE 0 END) AS actual,
      sum(sign) AS records, sum(sign * is_actualized::int) AS actualized
    FROM effect GROUP BY category, source, dor
  ),
  changes AS MATERIALIZED (
    SELECT * FROM delta WHERE plan <> 0 OR forecast <> 0 OR actual <> 0 OR records <> 0 OR actualized <> 0
  ),
  totals AS (
    INSERT INTO kpi_slot AS s (organization_id, category, source, dor, slot, plan_cost, forecast_cost, actual_cost,
      record_count, actualized_count)
    SELECT tenant, category, source, dor, (pg_backend_pid() % 16)::smallint, plan, forecast, actual, records, actualized
    FROM changes ORDER BY category, source, dor
    ON CONFLICT (organization_id, category, source, dor, slot) DO UPDATE
    SET plan_cost = s.plan_cost + excluded.plan_cost, forecast_cost = s.forecast_cost + excluded.forecast_cost,
      actual_cost = s.actual_cost + excluded.actual_cost, record_count = s.record_count + excluded.record_count,
      actualized_count = s.actualized_count + excluded.actualized_count
  ),
  lineage AS (
    INSERT INTO kpi_change (organization_id, category, source, dor, cause, cause_id, plan_cost, forecast_cost,
      actual_cost, record_count, actualized_count)
    SELECT tenant, category, source, dor, 'draft_commit', p_mirror_id::text, plan, forecast, actual, records, actualized
    FROM changes
  )
  SELECT true, coalesce(e.version, s.version), false, coalesce(e.data, s.data), coalesce(e.version, s.version)
  FROM seen s LEFT JOIN edited e ON e.id = s.id;
  IF FOUND THEN RETURN; END IF;

  RETURN QUERY SELECT false, NULL::integer, true, m.data, m.version
  FROM pfa_mirror m WHERE m.id = p_mirror_id AND m.organization_id = tenant;
  IF NOT FOUND THEN RETURN QUERY SELECT false, NULL::integer, false, NULL::jsonb, NULL::integer; END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION pfa_event_headers(text, text, text) FROM syncline_worker;
DROP FUNCTION pfa_edit_findings(jsonb, jsonb);
DROP FUNCTION commit_session(text, text, text, text, boolean);
DROP FUNCTION pfa_write_edits(integer, uuid[], integer[], jsonb[], jsonb[], text[]);
DROP FUNCTION pfa_queue_write_backs(uuid[]);
DROP FUNCTION pfa_fields_in_flight(uuid);
