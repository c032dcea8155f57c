-- Pushes end; edits stay committed, and PEMS does not hear of them.
DELETE FROM pfa_edit_event WHERE kind = 'retried';
ALTER TABLE pfa_edit_event DROP CONSTRAINT pfa_edit_event_kind_check;
ALTER TABLE pfa_edit_event ADD CONSTRAINT pfa_edit_event_kind_check CHECK (kind IN ('discarded', 'resolved'));
DROP TABLE upstream_budget;
DROP INDEX pfa_modification_failed;
DROP INDEX pfa_modification_waiting;
DROP INDEX pfa_modification_pushing;
ALTER TABLE pfa_modification DROP COLUMN request_keys, DROP COLUMN pushed_values;
