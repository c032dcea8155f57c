-- Extends the lease; SY001 when the job is no longer ours. $1 job  $2 token  $3 lease in seconds
SELECT hold_job($1::uuid, $2::uuid, $3::int)
