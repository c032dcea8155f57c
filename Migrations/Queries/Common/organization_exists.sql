-- Which of these organizations exist. $1 ids
SELECT id FROM organization WHERE id = ANY ($1::text[])
