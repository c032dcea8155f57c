-- Who drives a job, and how many partitions a worker has whose name begins like this. $1 job, or null  $2 beginning
SELECT (SELECT lease_owner FROM sync_job WHERE id = $1::uuid AND state = 'running') AS owner,
  (SELECT count(*) FROM consumer_offset WHERE owner LIKE $2 || '%') AS partitions
