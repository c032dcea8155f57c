-- What people did about a record, the newest first (of one transaction too): its edits step by step, and the release of
-- its order. Drafts are for their own session, which syncline.session_id names.
-- $1 organization  $2 record  $3 pfaId  $4 how many
-- Indexes: pfa_modification_history, sync_event_key, operator_event_subject.
SELECT created_at, subject, event, actor, reason, syncline_moments(data) AS data
FROM (
  SELECT e.created_at, 'modification/' || m.id AS subject, e.version AS number, e.event, e.actor, e.reason, e.data
  FROM pfa_modification m
  CROSS JOIN LATERAL (
    SELECT s.created_at, s.version, substr(s.type, 14) AS event, s.metadata ->> 'actor' AS actor, s.metadata ->> 'reason' AS reason,
      s.data
    FROM sync_event s WHERE s.organization_id = $1 AND s.stream = 'modification/' || m.id
  ) e
  WHERE m.mirror_id = $2::uuid AND (m.sync_state <> 'draft' OR m.session_id = syncline_session())
  UNION ALL
  SELECT created_at, 'record', id, event, actor, reason, before FROM operator_event
  WHERE subject = 'record' AND organization_id = $1 AND subject_id = $3
  ORDER BY created_at DESC, subject, number DESC LIMIT $4::int
) h
ORDER BY created_at DESC, subject, number DESC
