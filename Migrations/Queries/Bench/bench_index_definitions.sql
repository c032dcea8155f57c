-- The indexes of the mirror that no constraint needs, with the statements that make them.
SELECT i.indexname AS name, i.indexdef AS definition FROM pg_indexes i
WHERE i.schemaname = 'public' AND i.tablename = 'pfa_mirror' AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)
ORDER BY i.indexname
