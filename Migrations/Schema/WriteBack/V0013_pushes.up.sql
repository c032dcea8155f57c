-- Pushing committed edits to PEMS: one push in flight per record, what it may have left behind, who asked for it; and
-- the rate limit of a tenant, shared by all workers.

ALTER TABLE pfa_modification
  -- The values a push is about to send, or has sent without learning what became of them; null when nothing is open. A
  -- later read that finds them in PEMS knows them for our own.
  ADD COLUMN pushed_values jsonb,
  -- The events that asked for a push: each counts once, however often it is delivered.
  ADD COLUMN request_keys text[] NOT NULL DEFAULT '{}';

-- W7, whoever claims; also what is in flight, and whose worker went silent.
CREATE UNIQUE INDEX pfa_modification_pushing ON pfa_modification (mirror_id) WHERE sync_state = 'syncing';
-- The oldest edit that PEMS does not have yet.
CREATE INDEX pfa_modification_waiting ON pfa_modification (committed_at) WHERE sync_state IN ('committed', 'syncing');
-- `drafts list --state failed`, and their number.
CREATE INDEX pfa_modification_failed ON pfa_modification (organization_id, error_code) WHERE sync_state = 'failed';

-- When the next request to a tenant of an upstream is free, by the database's clock.
CREATE TABLE upstream_budget (
  tenant   text PRIMARY KEY,
  free_at  timestamptz NOT NULL
) WITH (fillfactor = 50);
GRANT SELECT, INSERT, UPDATE ON upstream_budget TO syncline_system;

-- An operator's retry of a push that was given up is remembered like a decision on a conflict.
ALTER TABLE pfa_edit_event DROP CONSTRAINT pfa_edit_event_kind_check;
ALTER TABLE pfa_edit_event ADD CONSTRAINT pfa_edit_event_kind_check CHECK (kind IN ('discarded', 'resolved', 'retried'));
