-- One claim of pushes at a time, so that no two take edits of one record. Held until the transaction ends.
SELECT pg_advisory_xact_lock(7236002)
