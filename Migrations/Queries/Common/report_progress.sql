-- What `jobs show` and the progress bar read. $1 job  $2 token  $3 progress
UPDATE sync_job SET progress = $3::jsonb WHERE id = $1::uuid AND lease_token = $2::uuid AND state = 'running'
