-- A worker ends in order. $1 name. Index: live_worker_pkey.
DELETE FROM live_worker WHERE name = $1
