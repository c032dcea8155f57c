-- Binds the transaction to one organization under the worker's role, and its plans to index probes: apply_records.sql
-- knows what is right for a thousand known keys better than statistics do, which say nothing of a table or a tenant
-- that has just begun to fill.
-- $1 organization
SELECT set_config('role', 'syncline_worker', true), set_config('syncline.organization', $1, true),
  set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
