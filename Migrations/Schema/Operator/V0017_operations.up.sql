-- What operators decide: what may not begin for now, what becomes of dead letters, which jobs are done again.

-- Work that may not begin: of a kind, of an organization, or one kind of one organization; null means every one. Rows
-- stay when work is resumed: who paused, who resumed, and why.
CREATE TABLE queue_pause (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind             text CHECK (kind IN ('read_sync', 'draft_commit', 'write_back', 'schema_change', 'kpi_rebuild')),
  organization_id  text REFERENCES organization (id),
  paused_by        text NOT NULL,
  reason           text,
  paused_at        timestamptz NOT NULL DEFAULT now(),
  resumed_by       text,
  resume_reason    text,
  resumed_at       timestamptz,
  CHECK (kind IS NOT NULL OR organization_id IS NOT NULL)
);
-- What is paused is no business of tenants.
ALTER TABLE queue_pause ENABLE ROW LEVEL SECURITY;
ALTER TABLE queue_pause FORCE ROW LEVEL SECURITY;
CREATE POLICY queue_pause_system ON queue_pause TO syncline_system USING (true) WITH CHECK (true);
CREATE UNIQUE INDEX queue_pause_open ON queue_pause (kind, organization_id) NULLS NOT DISTINCT WHERE resumed_at IS NULL;

-- Whether work of this kind of this organization may not begin.
CREATE FUNCTION queue_is_paused(p_kind text, p_organization text) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (SELECT FROM queue_pause p
  WHERE p.resumed_at IS NULL AND (p.kind IS NULL OR p.kind = p_kind)
    AND (p.organization_id IS NULL OR p.organization_id = p_organization));

-- Messages of paused work that would have had an effect at once. Their partition has gone on; resumed, they are
-- published again. The same message at the same place is kept once.
CREATE TABLE held_message (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind             text NOT NULL,
  organization_id  text NOT NULL REFERENCES organization (id),
  topic            text NOT NULL,
  partition        integer NOT NULL,
  kafka_offset     bigint NOT NULL,
  message_key      bytea,
  message_value    bytea,
  headers          jsonb NOT NULL DEFAULT '[]',
  held_at          timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX held_message_position ON held_message
  (topic, partition, kafka_offset, md5(coalesce(message_value, ''::bytea)));
ALTER TABLE held_message ENABLE ROW LEVEL SECURITY;
ALTER TABLE held_message FORCE ROW LEVEL SECURITY;
CREATE POLICY held_message_tenant ON held_message USING (organization_id = (SELECT syncline_organization()))
  WITH CHECK (organization_id = (SELECT syncline_organization()));
CREATE POLICY held_message_system ON held_message TO syncline_system USING (true) WITH CHECK (true);

-- Keeps a message until its work is resumed. The pause is locked, so that whoever resumes waits for this transaction
-- and then sees the message; raises 40001 when it was resumed meanwhile: the transaction is run again.
CREATE FUNCTION hold_message(p_kind text, p_organization text, p_topic text, p_partition integer, p_offset bigint, p_key bytea,
  p_value bytea, p_headers jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM queue_pause p
  WHERE p.resumed_at IS NULL AND (p.kind IS NULL OR p.kind = p_kind)
    AND (p.organization_id IS NULL OR p.organization_id = p_organization)
  ORDER BY p.id FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% of % was resumed meanwhile', p_kind, p_organization USING ERRCODE = '40001';
  END IF;
  INSERT INTO held_message (kind, organization_id, topic, partition, kafka_offset, message_key, message_value, headers)
  VALUES (p_kind, p_organization, p_topic, p_partition, p_offset, p_key, p_value, p_headers)
  ON CONFLICT DO NOTHING;
END
$$;
REVOKE EXECUTE ON FUNCTION queue_is_paused(text, text),
  hold_message(text, text, text, integer, bigint, bytea, bytea, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_is_paused(text, text),
  hold_message(text, text, text, integer, bigint, bytea, bytea, jsonb) TO syncline_system;
GRANT SELECT, INSERT, UPDATE ON queue_pause TO syncline_system;
GRANT SELECT, INSERT, DELETE ON held_message TO syncline_system;

-- A letter that was published again is `replayed` until a worker has met it: applied, it is `resolved`; refused again,
-- `open` with one more attempt.
ALTER TABLE dead_letter
  DROP CONSTRAINT dead_letter_status_check,
  ADD CONSTRAINT dead_letter_status_check CHECK (status IN ('open', 'replayed', 'resolved', 'discarded')),
  -- How often it was published again. The message carries its letter and this number.
  ADD COLUMN replays integer NOT NULL DEFAULT 0,
  ADD COLUMN replayed_at timestamptz,
  ADD COLUMN resolved_at timestamptz,
  -- Who replayed or discarded it last, and why.
  ADD COLUMN decided_by text,
  ADD COLUMN reason text;

-- A failed job is final; done again, it is another one that names it.
ALTER TABLE sync_job ADD COLUMN retry_of uuid REFERENCES sync_job (id) ON DELETE SET NULL;
CREATE INDEX sync_job_retry ON sync_job (retry_of) WHERE retry_of IS NOT NULL;
