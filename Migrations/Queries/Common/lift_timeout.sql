-- Takes the time limit of statements out of this transaction: for work that grows with an organization, which would
-- fail at the limit each time it is tried again.
SELECT set_config('statement_timeout', '0', true)
