-- Who works, and what was asked for: for people who wonder why nothing happens.

-- A worker says every few seconds that it lives; one that ends in order takes its row away.
CREATE TABLE live_worker (
  name            text PRIMARY KEY,
  consumer_group  text NOT NULL,
  kinds           text[] NOT NULL,
  started_at      timestamptz NOT NULL DEFAULT now(),
  seen_at         timestamptz NOT NULL DEFAULT now()
);
-- Who works is no business of tenants.
ALTER TABLE live_worker ENABLE ROW LEVEL SECURITY;
ALTER TABLE live_worker FORCE ROW LEVEL SECURITY;
CREATE POLICY live_worker_system ON live_worker TO syncline_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON live_worker TO syncline_system;

-- What a command asked for. The job itself begins with the worker that takes the request; until then this row is all
-- that Postgres knows of it.
CREATE TABLE job_request (
  job_id           uuid PRIMARY KEY,
  organization_id  text NOT NULL REFERENCES organization (id),
  kind             text NOT NULL CHECK (kind IN ('read_sync', 'draft_commit', 'write_back', 'schema_change', 'kpi_rebuild')),
  event_id         text NOT NULL,
  -- Where Kafka keeps the request; null: it went through the outbox.
  topic            text,
  partition        integer,
  kafka_offset     bigint,
  requested_by     text,
  requested_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX job_request_age ON job_request (requested_at);
ALTER TABLE job_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_request FORCE ROW LEVEL SECURITY;
CREATE POLICY job_request_tenant ON job_request USING (organization_id = (SELECT syncline_organization()))
  WITH CHECK (organization_id = (SELECT syncline_organization()));
CREATE POLICY job_request_system ON job_request TO syncline_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON job_request TO syncline_system;
