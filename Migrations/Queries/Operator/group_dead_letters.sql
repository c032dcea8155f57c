-- Dead letters of the same cause together, what came last first; null means any. `id` is the newest of them,
-- `organization_id` null when they are of several; `is_push`: they are of pushes, which have no place in Kafka.
-- $1 ids  $2 code  $3 topic  $4 organization  $5 a part of the cause  $6 status  $7 how many groups
-- Index: dead_letter_open for open ones.
SELECT count(*) AS count, code, cause, topic, status,
  CASE WHEN count(DISTINCT organization_id) = 1 AND count(organization_id) = count(*) THEN min(organization_id) END AS organization_id,
  max(attempts) AS attempts, min(created_at) AS first_at, max(updated_at) AS last_at, max(id) AS id,
  bool_and(partition < 0) AS is_push
FROM dead_letter
WHERE ($1::bigint[] IS NULL OR id = ANY ($1)) AND ($2::text IS NULL OR code = $2) AND ($3::text IS NULL OR topic = $3)
  AND ($4::text IS NULL OR organization_id = $4) AND ($5::text IS NULL OR strpos(lower(cause), lower($5)) > 0)
  AND ($6::text IS NULL OR status = $6)
GROUP BY code, cause, topic, status
ORDER BY max(created_at) DESC, max(id) DESC LIMIT $7::bigint
