-- Forgets where a group stands, for a Kafka that has begun anew. $1 group
UPDATE consumer_offset SET next_offset = 0, epoch = epoch + 1, updated_at = now() WHERE consumer_group = $1
