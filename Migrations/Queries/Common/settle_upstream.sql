-- The upstream answers again. $1 job  $2 token
UPDATE sync_job SET progress = progress - 'upstream'
WHERE id = $1::uuid AND lease_token = $2::uuid AND state = 'running' AND progress ? 'upstream'
