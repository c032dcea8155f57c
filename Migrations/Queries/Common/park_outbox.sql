-- Puts messages aside that Kafka refuses for good, so that the others go on. $1 ids  $2 why, for each
UPDATE outbox o SET parked_at = now(), error = p.error
FROM unnest($1::bigint[], $2::text[]) AS p (id, error) WHERE o.id = p.id
