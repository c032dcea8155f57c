-- Binds the target's transaction to one schema and to its limits. $1 schema  $2 lock_timeout  $3 statement_timeout
SELECT set_config('search_path', $1, true), set_config('lock_timeout', $2, true), set_config('statement_timeout', $3, true),
  set_config('standard_conforming_strings', 'on', true), set_config('idle_in_transaction_session_timeout', '20s', true)
