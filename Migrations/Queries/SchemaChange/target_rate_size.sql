-- The size of the measuring table. No parameters.
SELECT pg_total_relation_size('__schema_rate__') AS bytes
