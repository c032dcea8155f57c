-- A request whose job no worker has begun, and where it is; no row: nobody asked for a job of this id.
-- $1 job  $2 consumer group
-- Offsets rise: a later request at the same place or before it says that the topic was made anew since. A minute,
-- because requests are noted in another order than they are published.
-- Indexes: job_request_pkey, job_request_age, job_firing_open, consumer_offset_pkey. Scans the outbox, which is empty
-- when all is well, and what was held or became a dead letter since.
WITH asked AS (
  SELECT job_id, organization_id, kind, event_id, topic, partition, kafka_offset, requested_by, requested_at,
    idempotency_key IS NOT NULL AS is_noted, 1 AS rank
  FROM job_request WHERE job_id = $1::uuid
  UNION ALL
  SELECT job_id, organization_id, kind, id::text, NULL, NULL, NULL, 'schedule ' || job, created_at, false, 2
  FROM job_firing WHERE finished_at IS NULL AND job_id = $1::uuid
  UNION ALL
  -- The id of a commit is that of its job.
  SELECT $1::uuid, convert_from(message_value, 'UTF8')::jsonb ->> 'organization', 'draft_commit', $1::uuid::text, NULL, NULL, NULL,
    convert_from(message_value, 'UTF8')::jsonb ->> 'userId', created_at, false, 3
  FROM outbox
  WHERE topic = 'pfa.draft-commit.v1' AND headers @> jsonb_build_array(jsonb_build_array('ce_id', $1::uuid::text))
  ORDER BY rank LIMIT 1
)
SELECT a.job_id, a.organization_id, a.kind, a.topic, a.partition, a.kafka_offset, a.requested_by, a.requested_at, a.is_noted,
  extract(epoch FROM now() - a.requested_at)::bigint AS age, o.next_offset, w.id IS NOT NULL AS is_in_outbox,
  w.error AS outbox_error, h.id IS NOT NULL AS is_held, d.id AS dead_letter, d.code AS dead_letter_code,
  EXISTS (
    SELECT FROM job_request n
    WHERE n.requested_at > a.requested_at + interval '1 minute' AND n.topic = a.topic AND n.partition = a.partition
      AND n.kafka_offset <= a.kafka_offset) AS is_overtaken
FROM asked a
LEFT JOIN consumer_offset o ON o.consumer_group = $2 AND o.topic = a.topic AND o.partition = a.partition
LEFT JOIN LATERAL (
  SELECT b.id, b.error FROM outbox b
  WHERE b.headers @> jsonb_build_array(jsonb_build_array('ce_id', a.event_id)) LIMIT 1
) w ON true
LEFT JOIN LATERAL (
  SELECT m.id FROM held_message m
  WHERE m.held_at >= a.requested_at AND m.headers @> jsonb_build_array(jsonb_build_array('ce_id', a.event_id)) LIMIT 1
) h ON true
LEFT JOIN LATERAL (
  SELECT l.id, l.code FROM dead_letter l
  WHERE l.created_at >= a.requested_at AND l.headers @> jsonb_build_array(jsonb_build_array('ce_id', a.event_id))
  ORDER BY l.id DESC LIMIT 1
) d ON true
