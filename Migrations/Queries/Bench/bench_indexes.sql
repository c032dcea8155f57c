-- The indexes of the mirror, by name.
SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'pfa_mirror' ORDER BY indexname
