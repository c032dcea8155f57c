-- Gives up messages that will never be published: the upstream page they came from reads otherwise now.
-- $1 job  $2 first page
UPDATE sync_page SET state = 'abandoned' WHERE job_id = $1::uuid AND page >= $2::int AND state = 'allocated'
