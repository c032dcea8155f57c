-- What operators decided about things of a kind, the newest first.
-- $1 subject  $2 organization or null  $3 the thing or null  $4 how many. Index: operator_event_subject.
SELECT id, organization_id, subject, subject_id, event, actor, reason, before, after, created_at
FROM operator_event
WHERE subject = $1 AND ($2::text IS NULL OR organization_id = $2) AND ($3::text IS NULL OR subject_id = $3)
ORDER BY id DESC LIMIT $4::int
