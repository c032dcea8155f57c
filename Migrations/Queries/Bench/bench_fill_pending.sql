-- Committed edits that PEMS does not have yet. $1 organization  $2 how many
INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version, base_values,
  sync_state, applied_version, created_at, committed_at)
SELECT m.id, $1, 'bench', 'pending', jsonb_build_object('monthlyRate', 888), '{monthlyRate}', m.version,
  pfa_pick_fields(m.data, '{monthlyRate}'), 'committed', m.version + 1, clock_timestamp(), now()
FROM pfa_mirror m WHERE m.organization_id = $1 ORDER BY m.pfa_id LIMIT $2::int
