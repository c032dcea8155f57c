-- Gives the lead up at once; nothing happens when somebody else has it. $1 token
UPDATE scheduler_lease SET expires_at = '-infinity' WHERE name = 'scheduler' AND token = $1::bigint
