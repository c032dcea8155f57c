-- One row of the table that is changed. $1 key
UPDATE t_big SET c_number = c_number || '' WHERE c_k = $1::int
