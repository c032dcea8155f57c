-- One claim of pushes at a time, so that no two take edits of one record. Held until the transaction ends.
-- Binds the transaction's plans to index probes: how few edits a claim takes is no part of a plan that is kept, and one
-- for a tenth of them all reads every open edit.
SELECT pg_advisory_xact_lock(7236002), set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
  set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
