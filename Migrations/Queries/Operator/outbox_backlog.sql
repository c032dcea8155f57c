-- How many messages wait for the relay, and the age of the oldest in seconds (null: none waits); how many are parked
-- because Kafka refuses them, and why it refused the latest.
-- Scans the outbox, which is empty when all is well.
SELECT count(*) FILTER (WHERE parked_at IS NULL) AS messages,
  extract(epoch FROM now() - min(created_at) FILTER (WHERE parked_at IS NULL))::bigint AS seconds,
  count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked,
  (array_agg(topic || ': ' || error ORDER BY parked_at DESC) FILTER (WHERE parked_at IS NOT NULL))[1] AS error
FROM outbox
