-- Nobody is kept from asking any more.
ALTER TABLE upstream_budget
  DROP CONSTRAINT upstream_budget_open,
  DROP COLUMN revision, DROP COLUMN error_message, DROP COLUMN error_code, DROP COLUMN probe_until,
  DROP COLUMN open_until, DROP COLUMN open_since, DROP COLUMN openings, DROP COLUMN failures;
