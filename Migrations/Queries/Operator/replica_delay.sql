-- How far a standby is behind what it has received: whether this server is one, and the age in seconds of the newest
-- commit it shows, 0 when it has replayed everything it was sent. Reads functions only, and locks nothing.
SELECT pg_is_in_recovery() AS is_standby,
  CASE
    WHEN pg_last_wal_receive_lsn() IS NOT DISTINCT FROM pg_last_wal_replay_lsn() THEN 0
    ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0)
  END::bigint AS seconds
