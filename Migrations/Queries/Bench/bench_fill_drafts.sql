-- Drafts of one edit each, in sessions named by a prefix and a number from 0.
-- $1 organization  $2 prefix  $3 drafts  $4 drafts of a session  $5 the first record  $6 how many records are in play
INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version, base_values,
  base_context)
SELECT m.id, $1, 'bench', $2::text || '-' || n / $4::int, jsonb_build_object('monthlyRate', 5000 + n % 9973), '{monthlyRate}', m.version,
  pfa_pick_fields(m.data, '{monthlyRate}'), pfa_pick_fields(m.data, '{source,purchasePrice}')
FROM generate_series(0, $3::int - 1) n
JOIN pfa_mirror m ON m.organization_id = $1 AND m.pfa_id = 'B' || $5::int + n % $6::int
