-- One transaction at a time makes a schema: IF NOT EXISTS does not keep two from making it at once. $1 schema
SELECT pg_advisory_xact_lock(hashtextextended('syncline:' || $1, 0))
