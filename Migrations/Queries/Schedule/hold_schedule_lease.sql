-- Extends the lead and locks it until the transaction ends; SY001 when somebody else has it.
-- $1 token  $2 lease in seconds
SELECT hold_schedule($1::bigint, $2::int)
