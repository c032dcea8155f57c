-- Queues the commit of a session. $1 organization  $2 user  $3 session  $4 reason  $5 partial
SELECT commit_session($1, $2, $3, $4, $5::boolean) AS commit_id
