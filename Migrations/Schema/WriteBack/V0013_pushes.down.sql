-- Pushes end; edits stay committed, and PEMS does not hear of them.
DROP TABLE upstream_budget;
DROP INDEX pfa_modification_failed;
DROP INDEX pfa_modification_waiting;
DROP INDEX pfa_modification_pushing;
ALTER TABLE pfa_modification DROP COLUMN request_keys, DROP COLUMN pushed_values;
