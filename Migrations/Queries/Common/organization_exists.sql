-- Which of these organizations exist, and whether work of a kind may not begin for them. $1 ids  $2 kind
SELECT id, queue_is_paused($2, id) AS is_paused FROM organization WHERE id = ANY ($1::text[])
