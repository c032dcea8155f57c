-- A session's drafts of an organization's first records, each with another rate. $1 organization  $2 session  $3 how
-- many
INSERT INTO pfa_modification (mirror_id, organization_id, user_id, session_id, delta, modified_fields, base_version, base_values)
SELECT m.id, $1, 'bench', $2, jsonb_build_object('monthlyRate', 777, 'forecastEnd', '2027-12-31'), '{forecastEnd,monthlyRate}', m.version,
  pfa_pick_fields(m.data, '{forecastEnd,monthlyRate}')
FROM pfa_mirror m WHERE m.organization_id = $1 ORDER BY m.pfa_id LIMIT $3::int
