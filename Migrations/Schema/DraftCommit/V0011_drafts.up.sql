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
CREATE POLICY pfa_modification_sandbox ON pfa_modification AS RESTRICTIVE FOR SELECT TO syncline_app, syncline_reader
  USING (sync_state <> 'draft' OR (session_id = (SELECT syncline_session())
    AND user_id = coalesce((SELECT syncline_user()), user_id)));
GRANT INSERT, UPDATE ON pfa_modification, pfa_sync_conflict TO syncline_worker, syncline_system;
GRANT INSERT ON pfa_edit_event TO syncline_worker, syncline_system;

-- Commits are runs of their own in the log.
ALTER TABLE pfa_sync_log DROP CONSTRAINT pfa_sync_log_sync_type_check;
ALTER TABLE pfa_sync_log ADD CONSTRAINT pfa_sync_log_sync_type_check
  CHECK (sync_type IN ('full', 'incremental', 'manual', 'draft_commit', 'write_back'));
