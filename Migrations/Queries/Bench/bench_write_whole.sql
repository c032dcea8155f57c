-- An organization's first records written again as a whole: what keeping edits as deltas saves. $1 organization  $2 how
-- many
UPDATE pfa_mirror m SET data = m.data || jsonb_build_object('monthlyRate', m.version), version = m.version + 1
WHERE m.id IN (SELECT f.id FROM pfa_mirror f WHERE f.organization_id = $1 ORDER BY f.pfa_id LIMIT $2::int)
