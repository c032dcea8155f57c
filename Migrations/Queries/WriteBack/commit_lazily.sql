-- The open transaction's commit waits for no disk: what it does may be lost in a crash of the server.
SELECT set_config('synchronous_commit', 'off', true)
