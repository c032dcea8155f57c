-- The limits of statements outside of transactions, on a connection of their own. $1 lock_timeout  $2 statement_timeout
SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false),
  set_config('client_min_messages', 'warning', false), set_config('standard_conforming_strings', 'on', false)
