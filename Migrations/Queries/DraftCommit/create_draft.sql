-- Creates or extends a draft of a record by its pfaId; base_version null: the present one. No row: there is no such
-- record. $1 organization  $2 pfaId  $3 user  $4 session  $5 delta  $6 version the user saw, or null
-- Index: pfa_mirror_key.
SELECT create_draft(m.id, $3, $4, $5::jsonb, coalesce($6::integer, m.version)) AS id
FROM pfa_mirror m WHERE m.organization_id = $1 AND m.pfa_id = $2
