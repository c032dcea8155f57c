-- Effects and held messages of an organization. $1 organization
SELECT (SELECT coalesce(sum(version), 0) FROM pfa_mirror WHERE organization_id = $1)::bigint AS versions,
  (SELECT count(*) FROM held_message WHERE organization_id = $1) AS held
