-- One worker at a time takes safe steps of a project: a lock of the session, because an index that is built beside
-- others' work allows no transaction. Who holds it and falls silent loses his session. $1 schema and project
SELECT set_config('idle_session_timeout', '30s', false), pg_advisory_lock(hashtextextended('syncline:steps:' || $1, 0))
