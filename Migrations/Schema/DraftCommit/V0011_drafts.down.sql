-- Drafts, conflicts and their history are lost. Committed edits stay in the records, with PEMS' own values beside them.
DELETE FROM pfa_sync_log WHERE sync_type IN ('draft_commit', 'write_back');
ALTER TABLE pfa_sync_log DROP CONSTRAINT pfa_sync_log_sync_type_check;
ALTER TABLE pfa_sync_log ADD CONSTRAINT pfa_sync_log_sync_type_check CHECK (sync_type IN ('full', 'incremental', 'manual'));
DROP TABLE pfa_edit_event;
DROP TABLE pfa_sync_conflict;
DROP TABLE pfa_modification;
DROP FUNCTION pfa_modification_guard();
DROP FUNCTION syncline_user();
DROP FUNCTION syncline_session();
