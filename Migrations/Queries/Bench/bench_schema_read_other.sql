-- One row of the table beside the one that is changed. $1 key
SELECT c_amount FROM t_other WHERE c_k = $1::int
