-- The sum of all versions: each effective edit adds one. $1 organization
SELECT coalesce(sum(version), 0)::bigint AS versions FROM pfa_mirror WHERE organization_id = $1
