-- Gives the open transaction the login's own rights back, with which it sees what the server tells of sessions.
SELECT set_config('role', 'none', true)
