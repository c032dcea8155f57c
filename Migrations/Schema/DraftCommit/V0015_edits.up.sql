-- How edits come into effect, whoever decided them: with totals and lineage, and with a request to push them to PEMS.

-- The fields of a record that a push may be changing in PEMS at this moment, or has changed without learning of it.
CREATE FUNCTION pfa_fields_in_flight(p_mirror uuid) RETURNS text[]
LANGUAGE sql STABLE
RETURN ARRAY(SELECT DISTINCT f FROM pfa_modification o CROSS JOIN unnest(o.modified_fields) f
  WHERE o.mirror_id = p_mirror AND o.sync_state IN ('draft', 'committed', 'syncing', 'conflict', 'failed')
    AND (o.sync_state = 'syncing' OR o.pushed_values IS NOT NULL));

-- Queues the push of committed edits, in the transaction that committed them. $1 edits
CREATE FUNCTION pfa_queue_write_backs(p_ids uuid[]) RETURNS void
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

-- Writes decided edits into records that the transaction has locked, each record at most once: versions, totals and
-- lineage in one statement. Returns how many were at the version they were decided at; the others are left alone.
-- p_pending: PEMS' own values of the fields that edits hold afterwards; null for none. p_causes: whose doing it is.
-- Locks: KPI slots in key order.
CREATE FUNCTION pfa_write_edits(p_slot integer, p_ids uuid[], p_versions integer[], p_patches jsonb[], p_pending jsonb[],
  p_causes text[]) RETURNS integer
LANGUAGE sql AS $$
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
    SELECT organization_id, category, source, dor, 'draft_commit', cause, plan, forecast, actual, records, actualized
    FROM changes
  )
  SELECT count(*)::integer FROM edited
$$;
REVOKE EXECUTE ON FUNCTION pfa_queue_write_backs(uuid[]),
  pfa_write_edits(integer, uuid[], integer[], jsonb[], jsonb[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pfa_queue_write_backs(uuid[]),
  pfa_write_edits(integer, uuid[], integer[], jsonb[], jsonb[], text[]) TO syncline_worker;
GRANT EXECUTE ON FUNCTION pfa_event_headers(text, text, text) TO syncline_worker;

-- Queues the commit of a session's drafts with the caller's transaction; returns the commit's id. A partial commit
-- applies what can be applied and leaves the rest. Raises 42501 FORBIDDEN, 22023 for a reason that is too long, P0002
-- when the session has no drafts.
CREATE FUNCTION commit_session(p_organization text, p_user_id text, p_session_id text, p_change_reason text,
  p_partial boolean DEFAULT false) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  commit uuid := gen_random_uuid();
BEGIN
  PERFORM pfa_check_editor(p_user_id, p_organization);
  PERFORM pfa_check_names(ARRAY[p_user_id, p_session_id], p_change_reason);
  IF NOT EXISTS (SELECT FROM pfa_modification o WHERE o.session_id = p_session_id AND o.sync_state = 'draft'
      AND o.organization_id = p_organization AND o.user_id = p_user_id) THEN
    RAISE EXCEPTION 'NOT_FOUND: the session has no drafts of this user' USING ERRCODE = 'P0002';
  END IF;
  INSERT INTO outbox (topic, message_key, message_value, headers)
  VALUES ('pfa.draft-commit.v1', convert_to(p_organization || '/' || p_session_id, 'UTF8'),
    convert_to(jsonb_strip_nulls(jsonb_build_object('organization', p_organization, 'commitId', commit, 'userId', p_user_id,
      'sessionId', p_session_id, 'changeReason', p_change_reason, 'partial', CASE WHEN p_partial THEN true END))::text, 'UTF8'),
    pfa_event_headers('pfa.draft.commit', commit::text, p_organization));
  PERFORM pg_notify('syncline_outbox', '');
  RETURN commit;
END
$$;

REVOKE EXECUTE ON FUNCTION commit_session(text, text, text, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION commit_session(text, text, text, text, boolean) TO syncline_app;

-- What is wrong with an edit that pfa_check_delta let pass, on a record as it is now: one row for each field. The rules
-- of EditRules.swift and EditDecision.swift for an edit that nobody else's stands against; a test holds them together.
CREATE FUNCTION pfa_edit_findings(p_data jsonb, p_delta jsonb) RETURNS TABLE (field text, code text)
LANGUAGE sql IMMUTABLE AS $$
  WITH alone AS (
    SELECT d.key AS field, CASE
      WHEN d.key IN ('category', 'source') AND d.value IN ('null', '""') THEN 'MISSING_REQUIRED_FIELD'
      WHEN d.key IN ('monthlyRate', 'purchasePrice') AND pfa_money(d.value) < 0 THEN 'INVALID_RANGE' END AS code
    FROM jsonb_each(p_delta) d
  ),
  -- A record out of the plan is edited by nobody; only PEMS brings it back.
  gone AS (
    SELECT 'isDiscontinued' AS field, 'BUSINESS_RULE_VIOLATION' AS code
    WHERE pfa_flag(p_data -> 'isDiscontinued') AND NOT pfa_flag(p_delta -> 'isDiscontinued')
  ),
  sides AS (
    SELECT pfa_changed_fields(ARRAY(SELECT jsonb_object_keys(p_delta)), p_data, p_data || p_delta) AS changed, p_data || p_delta AS d
  ),
  dates AS (
    SELECT 'forecastEnd' AS field, 'INVALID_DATE_ORDER' AS code FROM sides
    WHERE changed && '{forecastStart,forecastEnd}' AND pfa_date(d ->> 'forecastEnd') < pfa_date(d ->> 'forecastStart')
  ),
  -- What was missing before is not the edit's fault.
  price AS (
    SELECT p.field, 'MISSING_REQUIRED_FIELD' AS code
    FROM sides CROSS JOIN (VALUES ('Rental', 'monthlyRate'), ('Purchase', 'purchasePrice')) AS p (source, field)
    WHERE changed && '{source,monthlyRate,purchasePrice}' AND d ->> 'source' = p.source AND d ->> p.field IS NULL
      AND NOT (coalesce(p_data ->> 'source' = p.source, false) AND p_data ->> p.field IS NULL)
  ),
  together AS (SELECT * FROM dates UNION ALL SELECT * FROM price WHERE NOT EXISTS (SELECT FROM dates))
  SELECT a.field, a.code FROM alone a WHERE a.code IS NOT NULL
  UNION ALL
  SELECT g.field, g.code FROM gone g WHERE NOT EXISTS (SELECT FROM alone a WHERE a.code IS NOT NULL)
  UNION ALL
  SELECT t.field, t.code FROM together t
  WHERE NOT EXISTS (SELECT FROM alone a WHERE a.code IS NOT NULL) AND NOT EXISTS (SELECT FROM gone)
$$;

-- Applies an edit if the record is still at the version the user saw, and commits it: totals, lineage, the edit's own
-- row, and the request to push it.
--
-- For the application role, in a transaction with syncline.organization and syncline.user_id set; an owner's login may
-- leave them out. Otherwise nothing is written, and: conflict_detected with the current content and version; or
-- neither, when there is no such record.
-- Raises 42501 FORBIDDEN without write permission, SY004 for a field that users may not change, 22023 for a value that
-- is not canonical and, with the code of the rule, for a record that would not be sound (pfa_edit_findings). A field
-- that has the edit's value already is no change; missing and null are the same.
CREATE OR REPLACE FUNCTION update_mirror_with_lock(p_mirror_id uuid, p_delta jsonb, p_current_version integer)
RETURNS TABLE (success boolean, new_version integer, conflict_detected boolean, current_content jsonb,
  current_version integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  tenant text := pfa_tenant((SELECT m.organization_id FROM pfa_mirror m WHERE m.id = p_mirror_id));
  editor text := coalesce(syncline_user(), session_user);
  seen record;
  wrong record;
  ours jsonb;
  before jsonb;
  edit uuid;
BEGIN
  IF p_current_version IS NULL THEN
    RAISE EXCEPTION 'INVALID_TYPE: an edit is a JSON object and names the version it was based on' USING ERRCODE = '22023';
  END IF;
  PERFORM pfa_check_editor(editor, coalesce(tenant, syncline_organization(), ''));
  PERFORM pfa_check_delta(p_delta);

  -- The check and the lock are one; nobody changes the record before this transaction ends.
  SELECT m.id, m.data, m.version, m.pending_base INTO seen FROM pfa_mirror m
  WHERE m.id = p_mirror_id AND m.organization_id = tenant AND m.version = p_current_version FOR NO KEY UPDATE;
  IF FOUND THEN
    SELECT f.code, string_agg(f.field, ', ' ORDER BY f.field) AS fields INTO wrong
    FROM pfa_edit_findings(seen.data, p_delta) f GROUP BY f.code ORDER BY min(f.field) LIMIT 1;
    IF FOUND THEN RAISE EXCEPTION '%: %', wrong.code, wrong.fields USING ERRCODE = '22023'; END IF;
    SELECT jsonb_object_agg(d.key, d.value), jsonb_object_agg(d.key, coalesce(seen.data -> d.key, 'null')) INTO ours, before
    FROM jsonb_each(p_delta) d WHERE d.value <> coalesce(seen.data -> d.key, 'null');
    IF ours IS NOT NULL THEN
      PERFORM pfa_write_edits(pg_backend_pid() % 16, ARRAY[seen.id], ARRAY[seen.version], ARRAY[ours],
        -- What PEMS says: the value that a field's first edit replaced. Edited back to it, a field is an edit no more,
        -- unless a push may have given PEMS another one.
        ARRAY[(SELECT jsonb_object_agg(key, value) FROM jsonb_each(before || coalesce(seen.pending_base, '{}'))
          WHERE value IS DISTINCT FROM ours -> key OR key = ANY (pfa_fields_in_flight(seen.id)))], ARRAY[seen.id::text]);
      INSERT INTO pfa_modification AS o (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
        base_values, replaced_values, sync_state, applied_version, committed_at)
      VALUES (seen.id, tenant, editor, coalesce(syncline_session(), 'direct'), ours,
        ARRAY(SELECT jsonb_object_keys(ours) ORDER BY 1), seen.version, before, before, 'committed', seen.version + 1, now())
      RETURNING o.id INTO edit;
      PERFORM pfa_queue_write_backs(ARRAY[edit]);
    END IF;
    RETURN QUERY SELECT true, m.version, false, m.data, m.version FROM pfa_mirror m WHERE m.id = seen.id;
    RETURN;
  END IF;

  RETURN QUERY SELECT false, NULL::integer, true, m.data, m.version
  FROM pfa_mirror m WHERE m.id = p_mirror_id AND m.organization_id = tenant;
  IF NOT FOUND THEN RETURN QUERY SELECT false, NULL::integer, false, NULL::jsonb, NULL::integer; END IF;
END
$$;
