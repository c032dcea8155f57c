-- Asks for committed edits to be pushed to PEMS, with the transaction. $1 edits
SELECT pfa_queue_write_backs($1::text[]::uuid[])
