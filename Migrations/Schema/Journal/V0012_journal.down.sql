-- The journal is lost, histories of jobs and edits with it; jobs and edits stay.
DROP FUNCTION long_transactions(integer);
DROP VIEW sync_table_volume, sync_event_contention, sync_event_busy_streams, sync_event_statistics;
DROP TRIGGER pfa_modification_journal_delete ON pfa_modification;
DROP TRIGGER pfa_modification_journal_update ON pfa_modification;
DROP TRIGGER pfa_modification_journal_insert ON pfa_modification;
DROP FUNCTION pfa_modification_journal();
DROP TRIGGER sync_job_journal ON sync_job;
DROP FUNCTION sync_job_journal();
DROP FUNCTION append_events_adaptive(text, jsonb, bigint, jsonb);
DROP FUNCTION uses_delayed_lock(text);
DROP FUNCTION append_events_with_delayed_lock(text, jsonb, bigint, jsonb);
DROP FUNCTION append_events(text, jsonb, bigint, jsonb);
DROP FUNCTION sync_event_append(text, jsonb, bigint, jsonb, boolean);
DROP TABLE sync_event_routing;
DROP TABLE sync_event;
