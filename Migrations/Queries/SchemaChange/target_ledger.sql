-- The ledger of a target's schema, on the search path: which change was applied, written in the transaction that does
-- it. No parameters.
CREATE TABLE IF NOT EXISTS __schema_metadata__ (
  change_id        uuid PRIMARY KEY,
  organization_id  text NOT NULL,
  project_id       text NOT NULL,
  -- abandoned: an attempt that must not be applied any more.
  status           text NOT NULL CHECK (status IN ('applied', 'dropped', 'abandoned')),
  from_version     integer NOT NULL,
  to_version       integer NOT NULL,
  change_type      text NOT NULL DEFAULT '',
  sql_executed     text NOT NULL DEFAULT '',
  applied_at       timestamptz NOT NULL DEFAULT clock_timestamp()
)
