-- How big a table is; no row: it is not there. $1 schema  $2 table
SELECT c.reltuples::bigint AS rows, pg_total_relation_size(c.oid) AS bytes,
  pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
