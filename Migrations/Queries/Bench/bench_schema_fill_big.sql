-- Rows of the table that is changed, on the search path. $1 how many
INSERT INTO t_big (c_k, c_number, c_amount) SELECT g, 'number ' || g, g FROM generate_series(1, $1::int) g
