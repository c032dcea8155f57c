-- How far the read has come.
-- $1 job  $2 next cursor  $3 next page  $4 records in the upstream page  $5 total  $6 server time, ms  $7 end reached
UPDATE read_checkpoint
SET cursor = $2, next_page = $3::int, pages_read = pages_read + 1, records_read = records_read + $4::int,
  total = coalesce($5::bigint, total),
  server_time = coalesce(server_time, $6::bigint), complete = $7::bool
WHERE job_id = $1::uuid
