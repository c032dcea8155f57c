-- Jobs, the pages of a read sync, the sync log and its issues, watermarks.

CREATE TABLE sync_job (
  id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id   text NOT NULL REFERENCES organization (id),
  kind              text NOT NULL CHECK (kind IN ('read_sync', 'draft_commit', 'write_back', 'schema_change', 'kpi_rebuild')),
  state             text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'retrying', 'awaiting_approval', 'succeeded', 'failed', 'cancelled')),
  -- What a success was like; null until then.
  result            text CHECK (result IN ('clean', 'with_conflicts', 'with_rejects')),
  attempt           integer NOT NULL DEFAULT 0,
  priority          integer NOT NULL DEFAULT 0,
  run_at            timestamptz NOT NULL DEFAULT now(),
  -- ce_source and ce_id of the event that asked for it; the same event again finds this row.
  idempotency_key   text NOT NULL DEFAULT gen_random_uuid()::text,
  parameters        jsonb NOT NULL DEFAULT '{}',
  progress          jsonb NOT NULL DEFAULT '{}',
  requested_by      text,
  error_code        text,
  error_message     text,
  -- The fencing token of the present claim; every write of a claim names it.
  lease_token       uuid,
  lease_owner       text,
  lease_expires_at  timestamptz,
  created_at        timestamptz NOT NULL DEFAULT now(),
  started_at        timestamptz,
  finished_at       timestamptz,
  updated_at        timestamptz NOT NULL DEFAULT now(),
  UNIQUE (kind, idempotency_key),
  CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);

-- Which state may follow which, domain.md section 3. Any other move is refused here, whoever asks.
CREATE FUNCTION sync_job_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT (OLD.state || '>' || NEW.state = ANY (ARRAY[
    'queued>running', 'queued>cancelled',
    'running>succeeded', 'running>failed', 'running>cancelled', 'running>retrying', 'running>awaiting_approval',
    'retrying>running', 'retrying>cancelled', 'retrying>failed',
    'awaiting_approval>running', 'awaiting_approval>cancelled', 'awaiting_approval>failed'])) THEN
    RAISE EXCEPTION 'job % can not go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'SY002';
  END IF;
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER sync_job_guard BEFORE UPDATE ON sync_job FOR EACH ROW EXECUTE FUNCTION sync_job_guard();

-- A message of the read: at most 1,000 records. Written before the message is published, marked in the transaction
-- that applies it.
CREATE TABLE sync_page (
  job_id           uuid NOT NULL REFERENCES sync_job (id) ON DELETE CASCADE,
  page             integer NOT NULL,
  organization_id  text NOT NULL,
  -- The id of its event: job, page and the hash of its content. A page read again with other content is another event.
  event_id         text NOT NULL,
  state            text NOT NULL DEFAULT 'allocated' CHECK (state IN ('allocated', 'applied', 'abandoned')),
  -- Where the upstream page it came from begins, for a resumed read; null is the start.
  cursor_from      text,
  bytes            integer NOT NULL DEFAULT 0,
  received         integer NOT NULL DEFAULT 0,
  inserted         integer NOT NULL DEFAULT 0,
  updated          integer NOT NULL DEFAULT 0,
  unchanged        integer NOT NULL DEFAULT 0,
  stale            integer NOT NULL DEFAULT 0,
  discontinued     integer NOT NULL DEFAULT 0,
  conflicted       integer NOT NULL DEFAULT 0,
  rejected         integer NOT NULL DEFAULT 0,
  -- Ids that were in the page, rejected ones too, when the run may sweep; null otherwise.
  keep_seen        boolean NOT NULL DEFAULT false,
  seen             text[],
  -- The job ended before the page was applied: whoever applies it adds it to the log row of the run himself.
  is_late          boolean NOT NULL DEFAULT false,
  applied_at       timestamptz,
  PRIMARY KEY (job_id, page),
  CHECK (received = inserted + updated + unchanged + stale + discontinued + conflicted + rejected)
);

-- How far the read of a job has come.
CREATE TABLE read_checkpoint (
  job_id           uuid PRIMARY KEY REFERENCES sync_job (id) ON DELETE CASCADE,
  organization_id  text NOT NULL,
  -- Where the next upstream page begins; null is the start.
  cursor           text,
  next_page        integer NOT NULL DEFAULT 1,
  pages_read       integer NOT NULL DEFAULT 0,
  records_read     bigint NOT NULL DEFAULT 0,
  -- Null when the upstream does not tell.
  total            bigint,
  -- The upstream's clock at the first page, ms: the next watermark.
  server_time      bigint,
  complete         boolean NOT NULL DEFAULT false
);

-- Where incremental reads go on from: stored only when a run has completed.
CREATE TABLE source_watermark (
  organization_id  text NOT NULL REFERENCES organization (id),
  source           text NOT NULL,
  watermark        bigint NOT NULL,
  job_id           uuid NOT NULL,
  updated_at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, source)
);

-- One row per run. Single events have no job: they are counted in one row per organization, partition and UTC day
-- (`stream`).
CREATE TABLE pfa_sync_log (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id           uuid UNIQUE,
  stream           text,
  attempt          integer NOT NULL DEFAULT 1,
  organization_id  text NOT NULL REFERENCES organization (id),
  sync_type        text NOT NULL CHECK (sync_type IN ('full', 'incremental', 'manual')),
  sync_direction   text NOT NULL DEFAULT 'read' CHECK (sync_direction IN ('read', 'write')),
  source           text,
  status           text NOT NULL DEFAULT 'running'
    CHECK (status IN ('running', 'completed', 'completed_with_errors', 'awaiting_approval', 'failed', 'cancelled')),
  received         bigint NOT NULL DEFAULT 0,
  inserted         bigint NOT NULL DEFAULT 0,
  updated          bigint NOT NULL DEFAULT 0,
  unchanged        bigint NOT NULL DEFAULT 0,
  stale            bigint NOT NULL DEFAULT 0,
  discontinued     bigint NOT NULL DEFAULT 0,
  conflicted       bigint NOT NULL DEFAULT 0,
  rejected         bigint NOT NULL DEFAULT 0,
  -- Rows the run discontinued because the upstream no longer has them. They were not received, so they stand apart.
  swept            bigint NOT NULL DEFAULT 0,
  pages            integer NOT NULL DEFAULT 0,
  error_code       text,
  error_message    text,
  started_at       timestamptz NOT NULL DEFAULT now(),
  completed_at     timestamptz,
  duration_ms      bigint GENERATED ALWAYS AS
    ((extract(epoch FROM completed_at AT TIME ZONE 'UTC') * 1000)::bigint
      - (extract(epoch FROM started_at AT TIME ZONE 'UTC') * 1000)::bigint) STORED,
  UNIQUE (organization_id, stream),
  CHECK ((job_id IS NULL) <> (stream IS NULL)),
  CHECK (received = inserted + updated + unchanged + stale + discontinued + conflicted + rejected)
);

-- What was wrong with single records: every rejected record, and every field that had to be left empty.
CREATE TABLE sync_record_issue (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id           uuid,
  stream           text,
  organization_id  text NOT NULL,
  page             integer,
  pfa_id           text,
  field            text,
  code             text NOT NULL,
  raw              text,
  -- true: the record was not applied. false: it was, without this field.
  rejected         boolean NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now()
);

-- What the upstream sends that the field map does not know (R13), once per field.
CREATE TABLE field_drift (
  organization_id  text NOT NULL REFERENCES organization (id),
  source           text NOT NULL,
  field            text NOT NULL,
  example          text,
  first_job_id     uuid NOT NULL,
  first_seen_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, source, field)
);

-- Extends the lease of a claimed job, first statement of every transaction its holder makes. Raises SY001 when the
-- job was taken over, cancelled or finished meanwhile; then nothing of the transaction remains.
CREATE FUNCTION hold_job(p_job uuid, p_token uuid, p_seconds int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sync_job SET lease_expires_at = clock_timestamp() + make_interval(secs => p_seconds)
  WHERE id = p_job AND lease_token = p_token AND state = 'running';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'job % is no longer held under this token', p_job USING ERRCODE = 'SY001';
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION hold_job(uuid, uuid, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hold_job(uuid, uuid, int) TO syncline_worker;
