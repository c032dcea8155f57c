-- The read of a job begins again with the first upstream page; what it saw and applied stays its own. $1 job
UPDATE read_checkpoint SET cursor = NULL, total = NULL, complete = false WHERE job_id = $1::uuid
