-- Edits of a session: drafts, what became of them when they were committed, and the conflicts that people decide.

-- One user's edit of one record in one session: the changed fields only. A draft is visible in its session alone and
-- in no total; a committed edit is in effect and waits to be pushed to PEMS.
CREATE TABLE pfa_modification (
  id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  mirror_id         uuid NOT NULL REFERENCES pfa_mirror (id),
  organization_id   text NOT NULL REFERENCES organization (id),
  user_id           text NOT NULL CHECK (user_id <> ''),
  session_id        text NOT NULL CHECK (session_id <> ''),
  delta             jsonb NOT NULL CHECK (jsonb_typeof(delta) = 'object'),
  modified_fields   text[] NOT NULL,
  -- The version the user saw at the first edit.
  base_version      integer NOT NULL CHECK (base_version > 0),
  -- What the user saw in each edited field at its first edit. A field without a value here was edited at a version
  -- whose values nobody remembers: it is applied only if the record has the edit's value already.
  base_values       jsonb NOT NULL DEFAULT '{}',
  -- The same for the fields that must fit the edited ones: the other date, the source of the rate.
  base_context      jsonb NOT NULL DEFAULT '{}',
  sync_state        text NOT NULL DEFAULT 'draft'
    CHECK (sync_state IN ('draft', 'committed', 'syncing', 'synced', 'conflict', 'failed', 'superseded')),
  commit_id         uuid,
  change_reason     text,
  -- Edited fields that a later read of PEMS changed under the draft; isDiscontinued when the record is gone by now.
  remote_fields     text[] NOT NULL DEFAULT '{}',
  -- The version that brought the edit into effect; null while it is in no record.
  applied_version   integer,
  -- What the record held until then in the fields that this really changed.
  replaced_values   jsonb,
  attempt           integer NOT NULL DEFAULT 0,
  next_attempt_at   timestamptz NOT NULL DEFAULT now(),
  lease_token       uuid,
  lease_expires_at  timestamptz,
  error_code        text,
  error_message     text,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now(),
  committed_at      timestamptz,
  synced_at         timestamptz
);

-- A session's own draft of a record; pfa_merged_live lays the delta over the record from here alone.
CREATE UNIQUE INDEX pfa_modification_draft ON pfa_modification (session_id, mirror_id) INCLUDE (delta) WHERE sync_state = 'draft';
-- A read of PEMS asks of each record it changes whether somebody edits it.
CREATE INDEX pfa_modification_open ON pfa_modification (mirror_id)
  WHERE sync_state IN ('draft', 'committed', 'syncing', 'conflict', 'failed');
-- The next edits to push.
CREATE INDEX pfa_modification_due ON pfa_modification (next_attempt_at, id) WHERE sync_state IN ('committed', 'failed');
-- What became of the edits of a record (S1-18).
CREATE INDEX pfa_modification_history ON pfa_modification (mirror_id, session_id, sync_state);
-- `drafts list`, and the edits of a commit.
CREATE INDEX pfa_modification_recent ON pfa_modification (organization_id, created_at DESC);
CREATE INDEX pfa_modification_commit ON pfa_modification (commit_id) WHERE commit_id IS NOT NULL;

-- Which state may follow which, domain.md section 2. Any other move is refused here, whoever asks; so is the removal of
-- anything but a draft.
CREATE FUNCTION pfa_modification_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.sync_state NOT IN ('draft', 'committed') THEN
      RAISE EXCEPTION 'an edit can not begin as %', NEW.sync_state USING ERRCODE = 'SY005';
    END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' THEN
    IF OLD.sync_state <> 'draft' THEN
      RAISE EXCEPTION 'edit % is % and can not be removed', OLD.id, OLD.sync_state USING ERRCODE = 'SY005';
    END IF;
    RETURN OLD;
  END IF;
  IF NEW.sync_state <> OLD.sync_state AND NOT (OLD.sync_state || '>' || NEW.sync_state = ANY (ARRAY[
    'draft>committed', 'committed>syncing', 'syncing>synced', 'committed>conflict', 'syncing>conflict',
    'syncing>committed', 'syncing>failed', 'conflict>committed', 'conflict>superseded', 'failed>committed',
    'failed>superseded'])) THEN
    RAISE EXCEPTION 'edit % can not go from % to %', OLD.id, OLD.sync_state, NEW.sync_state USING ERRCODE = 'SY005';
  END IF;
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER pfa_modification_guard BEFORE INSERT OR UPDATE OR DELETE ON pfa_modification
  FOR EACH ROW EXECUTE FUNCTION pfa_modification_guard();

-- An edit that somebody has to decide: what the user saw, wants, and what the record says instead, per field.
CREATE TABLE pfa_sync_conflict (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  modification_id    uuid NOT NULL REFERENCES pfa_modification (id),
  mirror_id          uuid NOT NULL REFERENCES pfa_mirror (id),
  organization_id    text NOT NULL REFERENCES organization (id),
  kind               text NOT NULL CHECK (kind IN ('field_overlap', 'merge_invalid', 'remote_discontinued', 'record_missing')),
  conflict_fields    text[] NOT NULL,
  base_values        jsonb NOT NULL DEFAULT '{}',
  local_values       jsonb NOT NULL DEFAULT '{}',
  remote_values      jsonb NOT NULL DEFAULT '{}',
  -- Of the record when the conflict was found.
  current_version    integer,
  status             text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved')),
  resolution         text CHECK (resolution IN ('mine', 'theirs', 'set', 'confirmed')),
  resolved_by        text,
  resolution_reason  text,
  resolved_values    jsonb,
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  resolved_at        timestamptz,
  CHECK ((status = 'resolved') = (resolution IS NOT NULL AND resolved_at IS NOT NULL))
);
CREATE TRIGGER pfa_sync_conflict_touch BEFORE UPDATE ON pfa_sync_conflict FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
-- A second attempt finds the row of the first.
CREATE UNIQUE INDEX pfa_sync_conflict_open ON pfa_sync_conflict (modification_id) WHERE status = 'open';
-- `conflicts list`, and its gauge.
CREATE INDEX pfa_sync_conflict_recent ON pfa_sync_conflict (organization_id, status, created_at DESC);

-- What people did with edits that leaves no row elsewhere: discards, and the decisions on conflicts.
CREATE TABLE pfa_edit_event (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id  text NOT NULL REFERENCES organization (id),
  kind             text NOT NULL CHECK (kind IN ('discarded', 'resolved')),
  modification_id  uuid NOT NULL,
  mirror_id        uuid NOT NULL,
  user_id          text NOT NULL,
  session_id       text NOT NULL,
  -- Discarded: the delta and what it was based on. Resolved: the fields before and after.
  content          jsonb NOT NULL,
  reason           text,
  created_at       timestamptz NOT NULL DEFAULT now()
);
-- The history of an edit.
CREATE INDEX pfa_edit_event_modification ON pfa_edit_event (modification_id);

-- The session and the user of the running transaction; null when none is set.
CREATE FUNCTION syncline_session() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('syncline.session_id', true), '');
CREATE FUNCTION syncline_user() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('syncline.user_id', true), '');

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['pfa_modification', 'pfa_sync_conflict', 'pfa_edit_event'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I USING (organization_id = (SELECT syncline_organization())) '
      'WITH CHECK (organization_id = (SELECT syncline_organization()))', tenant_table || '_tenant', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I TO syncline_system USING (true) WITH CHECK (true)', tenant_table || '_system', tenant_table);
    EXECUTE format('GRANT SELECT ON %I TO syncline_worker, syncline_system, syncline_app, syncline_reader', tenant_table);
  END LOOP;
END
$$;
-- Nobody sees the drafts of another session.
CREATE POLICY pfa_modification_sandbox ON pfa_modification AS RESTRICTIVE TO syncline_app, syncline_reader
  USING (sync_state <> 'draft' OR (session_id = (SELECT syncline_session())
    AND user_id = coalesce((SELECT syncline_user()), user_id)))
  WITH CHECK (sync_state <> 'draft' OR session_id = (SELECT syncline_session()));
CREATE POLICY pfa_edit_event_sandbox ON pfa_edit_event AS RESTRICTIVE FOR SELECT TO syncline_app, syncline_reader
  USING (kind <> 'discarded' OR (session_id = (SELECT syncline_session())
    AND user_id = coalesce((SELECT syncline_user()), user_id)));
-- An edit that is refused stays a draft, and its issue holds the value.
CREATE POLICY sync_record_issue_sandbox ON sync_record_issue AS RESTRICTIVE FOR SELECT TO syncline_app, syncline_reader
  USING (raw IS NULL OR job_id IS NULL OR NOT EXISTS (SELECT FROM sync_job j
    WHERE j.id = sync_record_issue.job_id AND j.kind = 'draft_commit'
      AND (j.parameters ->> 'sessionId' IS DISTINCT FROM (SELECT syncline_session()) OR j.requested_by <> (SELECT syncline_user()))));
-- As pfa_mirror_worker: no index answers it, so each edit is found by its record or its id, never by walking a tenant.
CREATE POLICY pfa_modification_worker ON pfa_modification TO syncline_worker
  USING (organization_id IS NOT DISTINCT FROM (SELECT syncline_organization()))
  WITH CHECK (organization_id IS NOT DISTINCT FROM (SELECT syncline_organization()));
GRANT INSERT, UPDATE ON pfa_modification, pfa_sync_conflict TO syncline_worker, syncline_system;
GRANT INSERT ON pfa_edit_event TO syncline_worker, syncline_system;

-- Commits are runs of their own in the log.
ALTER TABLE pfa_sync_log DROP CONSTRAINT pfa_sync_log_sync_type_check;
ALTER TABLE pfa_sync_log ADD CONSTRAINT pfa_sync_log_sync_type_check
  CHECK (sync_type IN ('full', 'incremental', 'manual', 'draft_commit', 'write_back'));

-- The record as the session of the transaction sees it, one row for each: its own drafts laid over, typed columns too.
-- Bound to the transaction's user as well, when one is set.
CREATE VIEW pfa_merged_live WITH (security_invoker = true) AS
SELECT m.id, m.organization_id, m.pfa_id, CASE WHEN d.id IS NULL THEN m.data ELSE m.data || d.delta END AS data, m.version,
  CASE WHEN d.delta ? 'category' THEN d.delta ->> 'category' ELSE m.category END AS category,
  CASE WHEN d.delta ? 'class' THEN d.delta ->> 'class' ELSE m.class END AS class,
  CASE WHEN d.delta ? 'source' THEN d.delta ->> 'source' ELSE m.source END AS source,
  CASE WHEN d.delta ? 'dor' THEN d.delta ->> 'dor' ELSE m.dor END AS dor, m.area_silo,
  CASE WHEN d.delta ? 'manufacturer' THEN d.delta ->> 'manufacturer' ELSE m.manufacturer END AS manufacturer,
  CASE WHEN d.delta ? 'model' THEN d.delta ->> 'model' ELSE m.model END AS model,
  CASE WHEN d.delta ? 'monthlyRate' THEN pfa_money(d.delta -> 'monthlyRate') ELSE m.monthly_rate END AS monthly_rate,
  CASE WHEN d.delta ? 'purchasePrice' THEN pfa_money(d.delta -> 'purchasePrice') ELSE m.purchase_price END AS purchase_price,
  m.original_start, m.original_end,
  CASE WHEN d.delta ? 'forecastStart' THEN pfa_date(d.delta ->> 'forecastStart') ELSE m.forecast_start END AS forecast_start,
  CASE WHEN d.delta ? 'forecastEnd' THEN pfa_date(d.delta ->> 'forecastEnd') ELSE m.forecast_end END AS forecast_end,
  m.actual_start, m.actual_end, m.is_actualized,
  CASE WHEN d.delta ? 'isDiscontinued' THEN pfa_flag(d.delta -> 'isDiscontinued') ELSE m.is_discontinued END AS is_discontinued,
  CASE WHEN d.delta ? 'isFundsTransferable' THEN pfa_flag(d.delta -> 'isFundsTransferable') ELSE m.is_funds_transferable END
    AS is_funds_transferable,
  m.has_plan, m.has_actuals, m.contract, m.last_synced_at, m.created_at, m.updated_at, d.id IS NOT NULL AS has_draft,
  d.id AS modification_id, d.modified_fields, d.base_version, d.remote_fields
FROM pfa_mirror m
LEFT JOIN pfa_modification d ON d.mirror_id = m.id AND d.sync_state = 'draft' AND d.session_id = (SELECT syncline_session())
  AND d.user_id = coalesce((SELECT syncline_user()), d.user_id);
GRANT SELECT ON pfa_merged_live TO syncline_worker, syncline_system, syncline_app, syncline_reader;

-- The fields of a list whose values differ; a missing field and null are the same.
CREATE FUNCTION pfa_changed_fields(fields text[], before jsonb, after jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT array_agg(DISTINCT f ORDER BY f) FROM unnest(fields) f
  WHERE coalesce(before -> f, 'null') <> coalesce(after -> f, 'null')), '{}');

-- Of a JSON object the members of a list; an empty object for null.
CREATE FUNCTION pfa_pick_fields(content jsonb, fields text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(content) WHERE key = ANY (fields)), '{}');

-- The fields that must fit a field of the list, without the list itself (domain.md section 2).
CREATE FUNCTION pfa_companion_fields(fields text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT array_agg(DISTINCT f ORDER BY f)
  FROM (VALUES (ARRAY['forecastStart', 'forecastEnd']), (ARRAY['source', 'monthlyRate', 'purchasePrice']),
    (ARRAY['category', 'class']), (ARRAY['manufacturer', 'model'])) g (members)
  CROSS JOIN unnest(g.members) f WHERE g.members && fields AND f <> ALL (fields)), '{}');

-- The organization that a caller of the functions below speaks for: the transaction's own. A login that owns these
-- tables, and has taken no other role, may leave it out, and then speaks for the one it names; null for everybody else.
CREATE FUNCTION pfa_tenant(p_named text) RETURNS text
LANGUAGE sql STABLE
RETURN CASE WHEN p_named = syncline_organization()
  OR (syncline_organization() IS NULL AND current_setting('role') = 'none' AND pg_has_role(session_user, current_user, 'MEMBER'))
  THEN p_named END;

-- Refuses a user without write permission, and one who speaks for another; row security may not bind the owner of the
-- functions that ask this. An owner's login that names neither tenant nor user is asked for nothing here: the worker
-- looks the permission up again when it applies the commit.
CREATE FUNCTION pfa_check_editor(p_user text, p_tenant text) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF pfa_tenant(p_tenant) IS NULL OR p_user IS DISTINCT FROM coalesce(syncline_user(), p_user)
    OR (syncline_organization() IS NOT NULL OR syncline_user() IS NOT NULL) AND NOT EXISTS (SELECT FROM org_permission p
      WHERE p.user_id = p_user AND p.organization_id = p_tenant AND p.level IN ('write', 'admin')) THEN
    RAISE EXCEPTION 'FORBIDDEN: no write permission for this organization' USING ERRCODE = '42501';
  END IF;
END
$$;

-- Refuses fields that users may not change (SY004), and values that the generated columns could not read: they would be
-- null to them, and missing in every total; and texts and numbers that are too long for the indexes (22023).
CREATE FUNCTION pfa_check_delta(p_delta jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  refused text;
BEGIN
  IF jsonb_typeof(p_delta) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION 'INVALID_TYPE: an edit is a JSON object and names the version it was based on' USING ERRCODE = '22023';
  END IF;
  SELECT string_agg(k, ', ' ORDER BY k) INTO refused
  FROM jsonb_object_keys(p_delta) k
  WHERE k <> ALL (pfa_editable_fields()) OR (k = 'isDiscontinued' AND p_delta -> k <> 'true');
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'FIELD_NOT_EDITABLE: %', refused USING ERRCODE = 'SY004';
  END IF;
  SELECT string_agg(key, ', ' ORDER BY key) INTO refused
  FROM jsonb_each(p_delta)
  WHERE value <> 'null' AND CASE
    WHEN key IN ('monthlyRate', 'purchasePrice')
      THEN pfa_money(value) IS NULL OR octet_length(trim_scale(value::numeric)::text) > 40
    WHEN key IN ('forecastStart', 'forecastEnd') THEN jsonb_typeof(value) <> 'string' OR pfa_date(value #>> '{}') IS NULL
    WHEN key IN ('isDiscontinued', 'isFundsTransferable') THEN jsonb_typeof(value) <> 'boolean'
    WHEN key = 'source' THEN value NOT IN ('"Rental"', '"Purchase"')
    ELSE jsonb_typeof(value) <> 'string' OR octet_length(value #>> '{}') > 400 END;
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'INVALID_VALUE: %', refused USING ERRCODE = '22023';
  END IF;
END
$$;

-- Refuses names and reasons that are too long for indexes and messages (22023). p_names: of users, sessions and
-- commits.
CREATE FUNCTION pfa_check_names(p_names text[], p_reason text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF EXISTS (SELECT FROM unnest(p_names) n WHERE octet_length(n) > 255) OR octet_length(p_reason) > 4000 THEN
    RAISE EXCEPTION 'INVALID_VALUE: a user or session has more than 255 bytes, or a reason more than 4000'
      USING ERRCODE = '22023';
  END IF;
END
$$;

-- What a user who saw a record at a version saw in these fields. At the present version: what is there. At an earlier
-- one: put together from what the edits since replaced, if they account for every version; else nothing, and such an
-- edit is a conflict unless the record has its value already.
CREATE FUNCTION pfa_seen_values(p_mirror uuid, p_data jsonb, p_now integer, p_seen integer, p_fields text[]) RETURNS jsonb
LANGUAGE sql STABLE
RETURN CASE WHEN p_now = p_seen OR p_now - p_seen = (SELECT count(DISTINCT o.applied_version) FROM pfa_modification o
    WHERE o.mirror_id = p_mirror AND o.applied_version > p_seen AND o.applied_version <= p_now AND o.replaced_values IS NOT NULL)
  THEN coalesce((SELECT jsonb_object_agg(f, coalesce((SELECT o.replaced_values -> f FROM pfa_modification o
      WHERE o.mirror_id = p_mirror AND o.applied_version > p_seen AND o.applied_version <= p_now AND o.replaced_values ? f
      ORDER BY o.applied_version LIMIT 1),
      p_data -> f, 'null')) FROM unnest(p_fields) f), '{}')
  ELSE '{}' END;

-- Creates a draft, or extends the session's own one; returns its id, null when nothing differs from what the user saw.
--
-- Stores changed fields only: one that is edited back is dropped, and a draft without any is gone. Raises 42501
-- FORBIDDEN, SY004 FIELD_NOT_EDITABLE, 22023 for a value or a version that can not be, P0002 without such a record. A
-- base version of null is the present one.
CREATE FUNCTION create_draft(p_mirror_id uuid, p_user_id text, p_session_id text, p_delta jsonb, p_base_version integer)
RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  tenant text := pfa_tenant((SELECT m.organization_id FROM pfa_mirror m WHERE m.id = p_mirror_id));
  seen record;
  draft pfa_modification;
  edited jsonb;
  known jsonb;
  fields text[];
BEGIN
  IF tenant IS NULL THEN RAISE EXCEPTION 'NOT_FOUND: no such record' USING ERRCODE = 'P0002'; END IF;
  PERFORM pfa_check_editor(p_user_id, tenant);
  PERFORM pfa_check_delta(p_delta);
  PERFORM pfa_check_names(ARRAY[p_user_id, p_session_id], NULL);
  IF coalesce(p_session_id, '') = '' THEN
    RAISE EXCEPTION 'MISSING_REQUIRED_FIELD: a draft belongs to a session' USING ERRCODE = '22023';
  END IF;
  LOOP
    SELECT m.id, m.data, m.version INTO seen FROM pfa_mirror m WHERE m.id = p_mirror_id AND m.organization_id = tenant;
    p_base_version := coalesce(p_base_version, seen.version);
    IF p_base_version NOT BETWEEN 1 AND seen.version THEN
      RAISE EXCEPTION 'INVALID_VALUE: the record has no version %', p_base_version USING ERRCODE = '22023';
    END IF;
    fields := ARRAY(SELECT jsonb_object_keys(p_delta));
    known := pfa_seen_values(seen.id, seen.data, seen.version, p_base_version, fields || pfa_companion_fields(fields));

    SELECT * INTO draft FROM pfa_modification o
    WHERE o.session_id = p_session_id AND o.mirror_id = seen.id AND o.sync_state = 'draft' FOR UPDATE;
    IF FOUND AND draft.user_id <> p_user_id THEN
      RAISE EXCEPTION 'FORBIDDEN: the session belongs to another user' USING ERRCODE = '42501';
    END IF;
    -- The first edit of a field says what it was based on, even when that is unknown.
    known := (known - ARRAY(SELECT jsonb_object_keys(coalesce(draft.delta, '{}')))) || coalesce(draft.base_values, '{}');
    SELECT coalesce(jsonb_object_agg(key, value), '{}'), coalesce(array_agg(key ORDER BY key), '{}') INTO edited, fields
    FROM jsonb_each(coalesce(draft.delta, '{}') || p_delta) WHERE value IS DISTINCT FROM known -> key;
    IF draft.id IS NULL AND edited = '{}' THEN RETURN NULL; END IF;

    IF edited = '{}' THEN
      INSERT INTO pfa_edit_event (organization_id, kind, modification_id, mirror_id, user_id, session_id, content, reason)
      VALUES (tenant, 'discarded', draft.id, seen.id, p_user_id, p_session_id,
        jsonb_build_object('delta', draft.delta, 'base_values', draft.base_values), 'edited back');
      DELETE FROM pfa_modification WHERE id = draft.id;
      RETURN NULL;
    END IF;
    INSERT INTO pfa_modification AS o (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version,
      base_values, base_context)
    SELECT seen.id, tenant, p_user_id, p_session_id, edited, fields, p_base_version,
      pfa_pick_fields(known, fields), pfa_pick_fields(known || coalesce(draft.base_context, '{}'), pfa_companion_fields(fields))
    ON CONFLICT (session_id, mirror_id) WHERE sync_state = 'draft' DO UPDATE
    SET delta = excluded.delta, modified_fields = excluded.modified_fields, base_values = excluded.base_values,
      base_context = excluded.base_context WHERE o.id = draft.id
    RETURNING o.id INTO draft.id;
    -- None: another call of the session made a draft meanwhile, to be extended.
    IF FOUND THEN RETURN draft.id; END IF;
  END LOOP;
END
$$;

-- The headers of an event that SQL queues in the outbox.
CREATE FUNCTION pfa_event_headers(p_type text, p_id text, p_organization text) RETURNS jsonb
LANGUAGE sql STABLE
RETURN jsonb_build_array(jsonb_build_array('ce_specversion', '1.0'), jsonb_build_array('ce_type', p_type),
  jsonb_build_array('ce_source', 'syncline'), jsonb_build_array('ce_id', p_id),
  jsonb_build_array('ce_time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
  jsonb_build_array('ce_organization', p_organization), jsonb_build_array('content-type', 'application/json'));

-- Removes a user's drafts of one session and records what they were; returns how many. Raises 42501 FORBIDDEN.
CREATE FUNCTION discard_session(p_organization text, p_user_id text, p_session_id text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  gone integer;
BEGIN
  PERFORM pfa_check_editor(p_user_id, p_organization);
  WITH removed AS (
    DELETE FROM pfa_modification o WHERE o.session_id = p_session_id AND o.sync_state = 'draft'
      AND o.organization_id = p_organization AND o.user_id = p_user_id
    RETURNING o.*
  )
  INSERT INTO pfa_edit_event (organization_id, kind, modification_id, mirror_id, user_id, session_id, content)
  SELECT organization_id, 'discarded', id, mirror_id, user_id, session_id,
    jsonb_build_object('delta', delta, 'base_values', base_values) FROM removed;
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END
$$;

REVOKE EXECUTE ON FUNCTION create_draft(uuid, text, text, jsonb, integer),
  discard_session(text, text, text), pfa_tenant(text), pfa_check_editor(text, text), pfa_event_headers(text, text, text),
  pfa_seen_values(uuid, jsonb, integer, integer, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_draft(uuid, text, text, jsonb, integer),
  discard_session(text, text, text) TO syncline_app;
