-- Rows of the table beside it, on the search path. $1 how many
INSERT INTO t_other (c_k, c_amount) SELECT g, g FROM generate_series(1, $1::int) g
