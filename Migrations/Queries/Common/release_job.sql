-- Lets a claim go so that another worker takes the job over at once. $1 job  $2 token
UPDATE sync_job SET lease_expires_at = clock_timestamp() - interval '1 second'
WHERE id = $1::uuid AND lease_token = $2::uuid AND state = 'running'
