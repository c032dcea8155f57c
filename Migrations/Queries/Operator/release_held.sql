-- Hands held messages to the relay whose work may begin again, in the order they were held; after resume_queue, in its
-- transaction. Locks: the messages.
WITH released AS (
  DELETE FROM held_message h WHERE NOT queue_is_paused(h.kind, h.organization_id)
  RETURNING h.*
),
sent AS (
  INSERT INTO outbox (topic, message_key, message_value, headers)
  SELECT topic, message_key, message_value, headers FROM released ORDER BY id
),
told AS (
  SELECT pg_notify('syncline_outbox', '')
)
SELECT (SELECT count(*) FROM released) AS released, (SELECT count(*) FROM told) AS told
