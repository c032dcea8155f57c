-- Reads every row of the measuring table. No parameters.
SELECT count(*) FROM __schema_rate__ WHERE a IS NULL OR b IS NULL
