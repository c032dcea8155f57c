-- How many bytes of WAL the server has written since it began.
SELECT (pg_current_wal_lsn() - '0/0')::bigint AS bytes
