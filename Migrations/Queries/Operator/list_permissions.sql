-- Who may do what, with who granted it, when and why.
-- $1 organization or null  $2 user or null
-- Index: org_permission_pkey, operator_event_subject.
SELECT p.user_id, p.organization_id, p.level, p.granted_at, e.actor AS granted_by, e.reason
FROM org_permission p
LEFT JOIN LATERAL (
  SELECT actor, reason FROM operator_event
  WHERE subject = 'permission' AND organization_id = p.organization_id AND subject_id = p.user_id
  ORDER BY id DESC LIMIT 1
) e ON true
WHERE ($1::text IS NULL OR p.organization_id = $1) AND ($2::text IS NULL OR p.user_id = $2)
ORDER BY p.organization_id, p.user_id
