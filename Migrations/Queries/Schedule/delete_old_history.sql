-- Deletes some rows of history that are older, oldest first; how many.
-- $1 jobs, log, issues, dead letters or firings  $2 organization  $3 kept seconds  $4 how many at most
-- Locks: the rows. Indexes: as the function says.
SELECT delete_old_history($1, $2, $3::bigint, $4::int) AS rows
