-- The records that drafts of these sessions edit, locked as they are now.
-- $1 organization  $2 sessions
-- Locks: the records in pfa_id order, as apply_records.sql does; whoever holds one holds no draft of it yet.
-- Indexes: pfa_modification_draft, pfa_mirror_pkey. The tenant is compared in words that no index answers: drafts come
-- and go faster than statistics, and a plan for none of them walks all of them for each session.
SELECT m.id, m.pfa_id, m.version, m.data, m.pending_base, pfa_fields_in_flight(m.id) AS in_flight
FROM (
  SELECT d.id
  FROM (
    SELECT DISTINCT o.mirror_id AS id FROM unnest($2::text[]) AS s (session_id)
    CROSS JOIN LATERAL (
      SELECT o.mirror_id FROM pfa_modification o
      WHERE o.session_id = s.session_id AND o.sync_state = 'draft' AND o.organization_id IS NOT DISTINCT FROM $1 OFFSET 0
    ) o
  ) d
  CROSS JOIN LATERAL (SELECT m.pfa_id FROM pfa_mirror m WHERE m.id = d.id OFFSET 0) k
  ORDER BY k.pfa_id OFFSET 0
) w
CROSS JOIN LATERAL (
  SELECT m.id, m.pfa_id, m.version, m.data, m.pending_base FROM pfa_mirror m
  WHERE m.id = w.id AND m.organization_id IS NOT DISTINCT FROM $1 OFFSET 0 FOR NO KEY UPDATE
) m
