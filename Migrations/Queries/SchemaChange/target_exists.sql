-- Whether the schema has its ledger. $1 schema
SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = '__schema_metadata__') AS there
