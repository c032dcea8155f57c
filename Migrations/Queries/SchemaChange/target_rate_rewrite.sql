-- Writes every row of the measuring table anew. No parameters.
ALTER TABLE __schema_rate__ ALTER COLUMN a TYPE bigint
