-- Some rows, in a transaction that is taken back, to measure how fast this server writes a table anew. No parameters.
CREATE TABLE __schema_rate__ AS SELECT g AS a, repeat('x', 100) AS b FROM generate_series(1, 40000) g
