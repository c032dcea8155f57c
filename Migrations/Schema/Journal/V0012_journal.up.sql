-- The journal: streams of events that only grow, appended at the version the writer saw. Histories of jobs and edits
-- are streams; applications have their own beside them.

CREATE TABLE sync_event (
  organization_id  text NOT NULL,
  stream           text NOT NULL CHECK (stream <> '' AND length(stream) <= 200),
  -- From 0, without a gap.
  version          bigint NOT NULL CHECK (version >= 0),
  type             text NOT NULL CHECK (type <> ''),
  data             jsonb NOT NULL DEFAULT '{}',
  metadata         jsonb NOT NULL DEFAULT '{}',
  -- What its append named to be checked for; null: the whole stream.
  criteria         jsonb,
  -- How often its append came second before it succeeded; on the first event of an append.
  lost_races       integer NOT NULL DEFAULT 0,
  created_at       timestamptz NOT NULL DEFAULT now(),
  -- What makes appending correct, whatever the strategy: of two writers at one version one fails.
  CONSTRAINT sync_event_key PRIMARY KEY (organization_id, stream, version)
);
-- Busy streams of the last hour. Events arrive in the order of time, so a summary per block range is enough.
CREATE INDEX sync_event_recent ON sync_event USING brin (created_at) WITH (pages_per_range = 32);

-- How append_events_adaptive finds its strategy, changed while everything runs: 0 is the way back. One row.
CREATE TABLE sync_event_routing (
  is_only          boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  -- Of all streams, by hash; `test-…` streams go the delayed way always. All, after `bench append` (2 cores of an AMD
  -- EPYC, busy, PostgreSQL 15): delayed reached 1.2 to 1.6 of the rate of the lock first where writers take any
  -- version, and no other rate beyond the noise where they expect one (private 1.0 to 1.1, shared 0.9 to 1.3, one hot
  -- stream 0.8 to 1.5).
  delayed_percent  integer NOT NULL DEFAULT 100 CHECK (delayed_percent BETWEEN 0 AND 100),
  updated_at       timestamptz NOT NULL DEFAULT now()
);
INSERT INTO sync_event_routing DEFAULT VALUES;
CREATE TRIGGER sync_event_routing_touch BEFORE UPDATE ON sync_event_routing FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

ALTER TABLE sync_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE sync_event FORCE ROW LEVEL SECURITY;
CREATE POLICY sync_event_tenant ON sync_event USING (organization_id = (SELECT syncline_organization()))
  WITH CHECK (organization_id = (SELECT syncline_organization()));
CREATE POLICY sync_event_system ON sync_event TO syncline_system USING (true) WITH CHECK (true);
-- Nobody sees the drafts of another session, in the journal neither.
CREATE POLICY sync_event_sandbox ON sync_event AS RESTRICTIVE FOR SELECT TO syncline_app, syncline_reader
  USING (type NOT IN ('modification.draft', 'modification.discarded')
    OR (metadata ->> 'session' = (SELECT syncline_session())
      AND metadata ->> 'user' = coalesce((SELECT syncline_user()), metadata ->> 'user')));
GRANT SELECT ON sync_event TO syncline_worker, syncline_system, syncline_app, syncline_reader;
-- The histories of jobs and edits are written by triggers, under the role that changes the row.
GRANT INSERT ON sync_event TO syncline_worker, syncline_system;
GRANT SELECT, UPDATE ON sync_event_routing TO syncline_system;

-- Appends at the version that p_expected_version names, and returns the version of the last event.
--
-- Both strategies are this one, with the lock before the first try or only before a second. Whoever comes second to a
-- version holds none of the stream's rows, so that whoever waits for the lock keeps nobody waiting: between appends
-- of one stream there is no deadlock.
CREATE FUNCTION sync_event_append(
  p_stream text, p_events jsonb, p_expected_version bigint, p_criteria jsonb, p_lock_first boolean)
RETURNS bigint
-- A young table has few pages, and a plan that reads all of them would stay when it has many.
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  -- An owner's login that names no organization writes streams of the installation itself, under an empty one.
  tenant text := coalesce(syncline_organization(), pfa_tenant(''));
  amount integer;
  refused bigint;
  wanted jsonb[];
  actual bigint;
  later bigint;
  lost integer := 0;
BEGIN
  IF tenant IS NULL OR tenant <> '' AND NOT EXISTS (SELECT FROM organization WHERE id = tenant) THEN
    RAISE EXCEPTION 'FORBIDDEN: the transaction is bound to no organization' USING ERRCODE = '42501',
      HINT = 'set syncline.organization';
  END IF;
  IF coalesce(p_stream, '') = '' OR length(p_stream) > 200 THEN
    RAISE EXCEPTION 'INVALID_STREAM: the name of a stream has 1 to 200 characters' USING ERRCODE = '22023';
  END IF;
  IF p_stream LIKE 'job/%' OR p_stream LIKE 'modification/%' THEN
    RAISE EXCEPTION 'FORBIDDEN: the database itself keeps the streams job/… and modification/…' USING ERRCODE = '42501';
  END IF;
  IF jsonb_typeof(p_events) IS DISTINCT FROM 'array' THEN
    RAISE EXCEPTION 'INVALID_EVENTS: events are a JSON array of {type, data, metadata}' USING ERRCODE = '22023';
  END IF;
  amount := jsonb_array_length(p_events);
  IF amount NOT BETWEEN 1 AND 1000 THEN
    RAISE EXCEPTION 'INVALID_EVENTS: 1 to 1000 events a call, not %', amount USING ERRCODE = '22023';
  END IF;
  SELECT min(number) INTO refused FROM jsonb_array_elements(p_events) WITH ORDINALITY e (event, number)
  WHERE jsonb_typeof(event) <> 'object' OR jsonb_typeof(event -> 'type') IS DISTINCT FROM 'string' OR event ->> 'type' = '';
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION 'INVALID_EVENTS: event % has no type', refused USING ERRCODE = '22023';
  END IF;
  IF p_expected_version < -1 THEN
    RAISE EXCEPTION 'INVALID_VERSION: versions begin at 0, and -1 expects no stream' USING ERRCODE = '22023';
  END IF;
  p_criteria := nullif(p_criteria, 'null');
  wanted := CASE jsonb_typeof(p_criteria)
    WHEN 'object' THEN ARRAY[p_criteria]
    WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements(p_criteria)) END;
  IF p_criteria IS NOT NULL AND coalesce(cardinality(wanted), 0) = 0 THEN
    RAISE EXCEPTION 'INVALID_CRITERIA: criteria are a JSON object, or an array of alternatives' USING ERRCODE = '22023';
  END IF;

  IF p_lock_first THEN PERFORM pg_advisory_xact_lock(7236002, hashtext(tenant || '/' || p_stream)); END IF;
  LOOP
    -- A statement of its own: it sees what was committed while we waited.
    SELECT coalesce(max(version), -1) INTO actual FROM sync_event WHERE organization_id = tenant AND stream = p_stream;
    later := CASE
      WHEN p_expected_version IS NULL OR p_expected_version = actual THEN NULL
      WHEN p_expected_version > actual OR wanted IS NULL THEN actual
      ELSE (SELECT max(version) FROM sync_event
        WHERE organization_id = tenant AND stream = p_stream AND version > p_expected_version
          AND (data @> ANY (wanted) OR criteria @> ANY (wanted))) END;
    IF later IS NOT NULL THEN
      RAISE EXCEPTION 'VERSION_CONFLICT: stream % is at version %, expected %', p_stream, actual, p_expected_version
        USING ERRCODE = 'SY010', HINT = 'read the stream from there and decide again',
          DETAIL = jsonb_build_object('expected', p_expected_version, 'actual', actual, 'conflicting', later)::text;
    END IF;

    INSERT INTO sync_event (organization_id, stream, version, type, data, metadata, criteria, lost_races)
    VALUES (tenant, p_stream, actual + 1, p_events #>> '{0,type}', coalesce(p_events #> '{0,data}', '{}'),
      coalesce(p_events #> '{0,metadata}', '{}'), p_criteria, lost)
    ON CONFLICT DO NOTHING;
    EXIT WHEN FOUND;
    -- Somebody was faster. Only who may still succeed waits: one version exactly is surely not the stream's any more.
    lost := lost + 1;
    IF wanted IS NOT NULL OR p_expected_version IS NULL THEN
      PERFORM pg_advisory_xact_lock(7236002, hashtext(tenant || '/' || p_stream));
    END IF;
  END LOOP;
  -- Whoever wanted the versions that follow waits for the first one.
  IF amount > 1 THEN
    INSERT INTO sync_event (organization_id, stream, version, type, data, metadata, criteria)
    SELECT tenant, p_stream, actual + number, event ->> 'type', coalesce(event -> 'data', '{}'), coalesce(event -> 'metadata', '{}'),
      p_criteria
    FROM jsonb_array_elements(p_events) WITH ORDINALITY e (event, number) WHERE number > 1;
  END IF;
  RETURN actual + amount;
END
$$;
REVOKE EXECUTE ON FUNCTION sync_event_append(text, jsonb, bigint, jsonb, boolean) FROM PUBLIC;

-- Appends 1 to 1000 events ([{type, data, metadata}, …]) to a stream of the transaction's organization and returns the
-- version of the last one. The stream's advisory lock comes first and lasts until the transaction ends.
--
-- p_expected_version: the stream's version, -1 for none yet; null appends at any. Raises SY010 VERSION_CONFLICT when it
-- is another one; the actual one stands in the message, and in the detail as JSON.
-- p_criteria: only events after the expected version that match count as a conflict. An event matches when its data, or
-- the criteria of its own append, contain p_criteria or one of its elements.
-- Raises 22023 for what is no append, 42501 without an organization. In a repeatable read transaction who comes second
-- gets 40001.
CREATE FUNCTION append_events(p_stream text, p_events jsonb, p_expected_version bigint, p_criteria jsonb DEFAULT NULL)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT sync_event_append(p_stream, p_events, p_expected_version, p_criteria, true)
$$;

-- The same without the lock as long as nobody else appends there. Who comes second locks then and looks again, if it
-- can still succeed.
CREATE FUNCTION append_events_with_delayed_lock(
  p_stream text, p_events jsonb, p_expected_version bigint, p_criteria jsonb DEFAULT NULL)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT sync_event_append(p_stream, p_events, p_expected_version, p_criteria, false)
$$;

-- Whether a stream is one of those that append_events_adaptive appends to with a delayed lock.
CREATE FUNCTION uses_delayed_lock(p_stream text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT p_stream LIKE 'test-%' OR abs(hashtextextended(p_stream, 0) % 100) < delayed_percent FROM sync_event_routing
$$;

-- The same again, with the strategy that sync_event_routing gives the stream at this moment.
CREATE FUNCTION append_events_adaptive(p_stream text, p_events jsonb, p_expected_version bigint, p_criteria jsonb DEFAULT NULL)
RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT sync_event_append(p_stream, p_events, p_expected_version, p_criteria, NOT uses_delayed_lock(p_stream))
$$;

-- Each change of a job's state, and each takeover from a silent worker, is an event of its stream. Whoever changes a
-- job holds its row, so nobody else appends there.
CREATE FUNCTION sync_job_journal() RETURNS trigger
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  is_claim boolean := NEW.lease_token IS NOT NULL AND NEW.lease_token IS DISTINCT FROM OLD.lease_token;
  earlier jsonb := to_jsonb(OLD);
  present jsonb := to_jsonb(NEW);
  stream_name text := 'job/' || NEW.id;
  -- Secret, or no part of the state.
  left_out text[] := ARRAY['lease_token', 'lease_expires_at', 'updated_at', 'progress'];
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.state = OLD.state AND NOT is_claim THEN RETURN NULL; END IF;
  INSERT INTO sync_event (organization_id, stream, version, type, data, metadata)
  SELECT NEW.organization_id, stream_name,
    (SELECT coalesce(max(version), -1) + 1 FROM sync_event WHERE organization_id = NEW.organization_id AND stream = stream_name),
    CASE WHEN TG_OP = 'UPDATE' AND NEW.state = OLD.state THEN 'job.taken_over' ELSE 'job.' || NEW.state END,
    CASE WHEN TG_OP = 'UPDATE' THEN jsonb_build_object('before', jsonb_object_agg(key, earlier -> key)) ELSE '{}' END
      || jsonb_build_object('after', jsonb_object_agg(key, value)),
    jsonb_strip_nulls(jsonb_build_object(
      'actor', coalesce(syncline_user(),
        CASE WHEN TG_OP = 'INSERT' THEN NEW.requested_by
          WHEN is_claim THEN NEW.lease_owner
          WHEN current_user = 'syncline_worker' THEN OLD.lease_owner END,
        nullif(current_setting('application_name'), ''), session_user::text),
      'reason', CASE NEW.state WHEN 'cancelled' THEN NEW.error_message
        WHEN 'running' THEN CASE WHEN OLD.state = 'awaiting_approval' THEN NEW.parameters ->> 'approvalReason' END END))
  FROM jsonb_each(present)
  WHERE key <> ALL (left_out) AND CASE TG_OP WHEN 'INSERT' THEN value <> 'null' ELSE value IS DISTINCT FROM earlier -> key END;
  RETURN NULL;
END
$$;
CREATE TRIGGER sync_job_journal AFTER INSERT OR UPDATE OF state, lease_token ON sync_job FOR EACH ROW
  EXECUTE FUNCTION sync_job_journal();

-- Each change of an edit's state or content is an event of its stream, and so is the discard of a draft. One statement
-- for all rows of a change: a commit may hold a thousand edits. Whoever changes an edit holds its row.
CREATE FUNCTION pfa_modification_journal() RETURNS trigger
-- Rows of a change have no statistics, and a nested loop over a thousand of them takes longer than the commit.
LANGUAGE plpgsql SET enable_nestloop = off SET enable_seqscan = off AS $$
DECLARE
  caller text := syncline_user();
  program text := coalesce(nullif(current_setting('application_name'), ''), session_user);
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO sync_event (organization_id, stream, version, type, data, metadata)
    SELECT n.organization_id, 'modification/' || n.id, 0, 'modification.' || n.sync_state,
      jsonb_build_object('after', jsonb_build_object('sync_state', n.sync_state, 'mirror_id', n.mirror_id, 'delta', n.delta,
        'base_version', n.base_version, 'base_values', n.base_values)),
      jsonb_strip_nulls(jsonb_build_object('actor', coalesce(caller, n.user_id), 'user', n.user_id, 'session', n.session_id,
        'reason', n.change_reason))
    FROM added n;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO sync_event (organization_id, stream, version, type, data, metadata)
    SELECT o.organization_id, o.stream,
      (SELECT coalesce(max(e.version), -1) + 1 FROM sync_event e WHERE e.organization_id = o.organization_id AND e.stream = o.stream),
      'modification.discarded',
      jsonb_build_object('before', jsonb_build_object('sync_state', o.sync_state, 'mirror_id', o.mirror_id, 'delta', o.delta,
        'base_version', o.base_version, 'base_values', o.base_values)),
      jsonb_strip_nulls(jsonb_build_object('actor', coalesce(caller, o.user_id), 'user', o.user_id, 'session', o.session_id,
        'reason', (SELECT v.reason FROM pfa_edit_event v
          WHERE v.modification_id = o.id AND v.created_at = now() ORDER BY v.id DESC LIMIT 1)))
    FROM (SELECT *, 'modification/' || id AS stream FROM removed OFFSET 0) o;
  ELSE
    INSERT INTO sync_event (organization_id, stream, version, type, data, metadata)
    SELECT c.organization_id, c.stream,
      (SELECT coalesce(max(e.version), -1) + 1 FROM sync_event e WHERE e.organization_id = c.organization_id AND e.stream = c.stream),
      c.type, c.data, c.metadata
    -- Row security lets an index answer for a plain value only; hence the name of the stream comes first (OFFSET 0).
    FROM (
      SELECT n.organization_id, 'modification/' || n.id AS stream, 'modification.' || n.sync_state AS type,
        jsonb_build_object(
          'before', jsonb_build_object('sync_state', o.sync_state)
            || CASE WHEN content
              THEN jsonb_build_object('delta', o.delta, 'base_version', o.base_version, 'base_values', o.base_values)
              ELSE '{}' END
            || CASE WHEN effect THEN jsonb_build_object('commit_id', o.commit_id, 'applied_version', o.applied_version)
              ELSE '{}' END
            || CASE WHEN error THEN jsonb_build_object('error_code', o.error_code, 'error_message', o.error_message)
              ELSE '{}' END,
          -- A commit repeats the edit, for those who could not see the draft.
          'after', jsonb_build_object('sync_state', n.sync_state)
            || CASE WHEN content OR o.sync_state = 'draft' AND n.sync_state <> 'draft'
              THEN jsonb_build_object('delta', n.delta, 'base_version', n.base_version, 'base_values', n.base_values)
              ELSE '{}' END
            || CASE WHEN effect THEN jsonb_build_object('commit_id', n.commit_id, 'applied_version', n.applied_version)
              ELSE '{}' END
            || CASE WHEN error THEN jsonb_build_object('error_code', n.error_code, 'error_message', n.error_message)
              ELSE '{}' END) AS data,
        -- Users draft and commit; what follows is the program's doing, unless it names somebody: whoever decides a
        -- conflict says so in this transaction.
        jsonb_strip_nulls(jsonb_build_object('user', n.user_id, 'session', n.session_id, 'reason', n.change_reason,
          'actor', coalesce(caller, CASE WHEN o.sync_state = 'draft' THEN n.user_id ELSE program END)))
          || coalesce((SELECT jsonb_strip_nulls(jsonb_build_object('actor', v.user_id, 'reason', v.reason)) FROM pfa_edit_event v
            WHERE v.modification_id = n.id AND v.created_at = now() ORDER BY v.id DESC LIMIT 1), '{}') AS metadata
      FROM added n JOIN removed o ON o.id = n.id,
        LATERAL (SELECT n.delta <> o.delta OR n.base_values <> o.base_values OR n.base_version <> o.base_version AS content,
          n.commit_id IS DISTINCT FROM o.commit_id OR n.applied_version IS DISTINCT FROM o.applied_version AS effect,
          n.error_code IS DISTINCT FROM o.error_code OR n.error_message IS DISTINCT FROM o.error_message AS error) changed
      WHERE n.sync_state <> o.sync_state OR content
      OFFSET 0
    ) c;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER pfa_modification_journal_insert AFTER INSERT ON pfa_modification
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pfa_modification_journal();
CREATE TRIGGER pfa_modification_journal_update AFTER UPDATE ON pfa_modification
  REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION pfa_modification_journal();
CREATE TRIGGER pfa_modification_journal_delete AFTER DELETE ON pfa_modification
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION pfa_modification_journal();

-- How much the journal holds, per organization that the reader sees.
CREATE VIEW sync_event_statistics WITH (security_invoker = true) AS
SELECT organization_id, count(*) AS total_streams, sum(events)::bigint AS total_events, round(avg(events), 2) AS average_events,
  max(events) AS largest_stream, count(*) FILTER (WHERE has_criteria) AS streams_with_criteria, max(newest) AS newest_event
FROM (
  SELECT organization_id, stream, count(*) AS events, bool_or(criteria IS NOT NULL) AS has_criteria, max(created_at) AS newest
  FROM sync_event GROUP BY organization_id, stream
) s
GROUP BY organization_id;

-- Streams with more than 100 events in the last hour, the most contended first. lost_races counts appends that came
-- second and succeeded all the same; who was refused left nothing here, and was told. A stream that stays on top wants
-- to be split by what its events are about.
CREATE VIEW sync_event_busy_streams WITH (security_invoker = true) AS
SELECT organization_id, stream, count(*) AS events, sum(lost_races)::bigint AS lost_races, min(created_at) AS first_event,
  max(created_at) AS last_event
FROM sync_event
WHERE created_at > now() - interval '1 hour'
GROUP BY organization_id, stream
HAVING count(*) > 100
ORDER BY lost_races DESC, events DESC;

-- Who holds and who waits for what appending locks, in this database now: streams (advisory), rows (transactionid
-- waits), the table. mean_wait_seconds of those that wait, null when nobody does.
CREATE VIEW sync_event_contention WITH (security_invoker = true) AS
SELECT l.locktype AS lock_type, l.mode, l.granted, count(*) AS lock_count,
  round(avg(extract(epoch FROM clock_timestamp() - l.waitstart))::numeric, 6) AS mean_wait_seconds
FROM pg_locks l
WHERE (l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.locktype = 'advisory' AND l.classid = 7236002 AND l.objsubid = 2
      OR l.locktype = 'relation' AND l.relation = 'sync_event'::regclass AND l.pid <> pg_backend_pid()))
  OR (l.locktype = 'transactionid' AND NOT l.granted AND EXISTS (
    SELECT FROM pg_locks t WHERE t.pid = l.pid AND t.locktype = 'relation' AND t.relation = 'sync_event'::regclass
      AND t.database = (SELECT oid FROM pg_database WHERE datname = current_database())))
GROUP BY l.locktype, l.mode, l.granted;

-- Rows and bytes of every table here. Rows are the statistics' estimate, as are dead ones.
CREATE VIEW sync_table_volume WITH (security_invoker = true) AS
SELECT relname AS table_name, n_live_tup AS live_rows, n_dead_tup AS dead_rows, pg_table_size(relid) AS table_bytes,
  pg_indexes_size(relid) AS index_bytes, pg_total_relation_size(relid) AS total_bytes, last_autovacuum
FROM pg_stat_user_tables
WHERE schemaname = 'public';
GRANT SELECT ON sync_event_statistics, sync_event_busy_streams TO syncline_worker, syncline_system, syncline_app, syncline_reader;
GRANT SELECT ON sync_event_contention, sync_table_volume TO syncline_system, syncline_app, syncline_reader;

-- Transactions of this database that have been open for more than p_seconds: they hold locks, and vacuum back. As the
-- owner, because others see no more of foreign sessions than that they are there; what they run is not told.
CREATE FUNCTION long_transactions(p_seconds integer DEFAULT 30)
RETURNS TABLE (pid integer, login name, application text, state text, open_seconds numeric, waits_for text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT pid, usename, application_name, state, round(extract(epoch FROM clock_timestamp() - xact_start), 3), wait_event_type
  FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - make_interval(secs => p_seconds)
  ORDER BY xact_start
$$;

REVOKE EXECUTE ON FUNCTION append_events(text, jsonb, bigint, jsonb), append_events_with_delayed_lock(text, jsonb, bigint, jsonb),
  append_events_adaptive(text, jsonb, bigint, jsonb), uses_delayed_lock(text), long_transactions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_events(text, jsonb, bigint, jsonb), append_events_with_delayed_lock(text, jsonb, bigint, jsonb),
  append_events_adaptive(text, jsonb, bigint, jsonb), uses_delayed_lock(text) TO syncline_app, syncline_worker;
GRANT EXECUTE ON FUNCTION long_transactions(integer) TO syncline_app, syncline_system;
