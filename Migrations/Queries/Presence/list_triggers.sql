-- The triggers of the tables in public: what they call, whether they fire, and how large their table is in all. Reads
-- the system catalog only. `enabled`: O as usual, A always, R on replicas only, D never.
SELECT c.relname AS table_name, t.tgname AS trigger_name, p.proname AS function_name, t.tgenabled AS enabled,
  pg_total_relation_size(c.oid) AS bytes
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE n.nspname = 'public' AND NOT t.tgisinternal
ORDER BY c.relname, t.tgname
