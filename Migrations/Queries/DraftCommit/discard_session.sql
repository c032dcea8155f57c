-- Removes a session's drafts. $1 organization  $2 user  $3 session
SELECT discard_session($1, $2, $3) AS discarded
