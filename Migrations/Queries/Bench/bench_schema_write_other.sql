-- One row of the table beside the one that is changed. $1 key
UPDATE t_other SET c_amount = c_amount + 1 WHERE c_k = $1::int
