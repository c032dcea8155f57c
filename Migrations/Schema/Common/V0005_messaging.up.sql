-- What stands between Kafka and the rows: applied offsets, dead letters, the outbox.

-- The applied position of each partition, moved in the transaction that holds the effects of its messages.
CREATE TABLE consumer_offset (
  consumer_group  text NOT NULL,
  topic           text NOT NULL,
  partition       integer NOT NULL,
  next_offset     bigint NOT NULL,
  -- Rises with every assignment; a worker that names an older one is fenced.
  epoch           bigint NOT NULL DEFAULT 0,
  owner           text,
  -- The last range of offsets that Kafka no longer had when we came to read it.
  gap_from        bigint,
  gap_to          bigint,
  updated_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50);

-- Moves a partition's position by compare-and-set. Raises SY001 when the caller no longer owns it or is not where it
-- believes to be; then nothing of its transaction remains.
CREATE FUNCTION advance_offset(p_group text, p_topic text, p_partition int, p_epoch bigint, p_expected bigint, p_next bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE consumer_offset SET next_offset = p_next, updated_at = now()
  WHERE consumer_group = p_group AND topic = p_topic AND partition = p_partition AND epoch = p_epoch AND next_offset = p_expected;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'partition %/% is no longer at offset % under epoch %', p_topic, p_partition, p_expected, p_epoch
      USING ERRCODE = 'SY001';
  END IF;
END
$$;

CREATE TABLE dead_letter (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id  text,
  topic            text NOT NULL,
  partition        integer NOT NULL,
  kafka_offset     bigint NOT NULL,
  message_key      bytea,
  message_value    bytea,
  -- [[name, text], …]; a value that is not UTF-8 is {"base64": …}, a missing one null.
  headers          jsonb NOT NULL DEFAULT '[]',
  code             text NOT NULL,
  cause            text NOT NULL,
  attempts         integer NOT NULL DEFAULT 1,
  status           text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'replayed', 'discarded')),
  trace            text,
  -- When Kafka took the message.
  produced_at      timestamptz,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now()
);
-- A replay of the topic finds the row of the first time. The value is part of it because a topic made anew counts
-- from 0 again.
CREATE UNIQUE INDEX dead_letter_position ON dead_letter (topic, partition, kafka_offset, md5(coalesce(message_value, ''::bytea)));

-- Messages to publish, written with their cause and removed when Kafka has them: at least once, in order per key.
CREATE TABLE outbox (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic          text NOT NULL,
  message_key    bytea,
  message_value  bytea,
  headers        jsonb NOT NULL DEFAULT '[]',
  created_at     timestamptz NOT NULL DEFAULT now(),
  -- Kafka refuses this message for good: the relay leaves it alone until somebody sets this to null again.
  parked_at      timestamptz,
  error          text
);

-- A job as `jobs show -o json` prints it.
CREATE FUNCTION sync_job_document(job sync_job) RETURNS jsonb
LANGUAGE sql STABLE
RETURN to_jsonb(job) - 'lease_token';

-- Each change of a job's state is announced through the outbox, with the state, in one transaction.
CREATE FUNCTION sync_job_announce() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.state <> OLD.state THEN
    INSERT INTO outbox (topic, message_key, message_value, headers)
    VALUES ('pfa.job-events.v1', convert_to(NEW.id::text, 'UTF8'), convert_to(sync_job_document(NEW)::text, 'UTF8'),
      jsonb_build_array(
        jsonb_build_array('ce_specversion', '1.0'), jsonb_build_array('ce_type', 'pfa.job.changed'),
        jsonb_build_array('ce_source', 'syncline'), jsonb_build_array('ce_id', gen_random_uuid()::text),
        jsonb_build_array('ce_time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
        jsonb_build_array('ce_subject', NEW.id::text), jsonb_build_array('ce_organization', NEW.organization_id),
        jsonb_build_array('ce_jobid', NEW.id::text), jsonb_build_array('content-type', 'application/json')));
    PERFORM pg_notify('syncline_outbox', '');
  END IF;
  IF NEW.state IN ('queued', 'retrying') THEN
    PERFORM pg_notify('syncline_job', NEW.kind);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER sync_job_announce AFTER INSERT OR UPDATE OF state ON sync_job FOR EACH ROW EXECUTE FUNCTION sync_job_announce();
