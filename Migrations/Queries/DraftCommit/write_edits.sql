-- Brings decided edits into effect, each record at most once; returns how many records were written.
-- $1 KPI slot  $2 records  $3 their versions  $4 the fields that change  $5 PEMS' own values of edited fields
-- afterwards $6 whose doing it is, and $7 what that is: draft_commit or conflict
SELECT pfa_write_edits($1::integer, $2::text[]::uuid[], $3::integer[], $4::text[]::jsonb[], $5::text[]::jsonb[], $6::text[],
  $7) AS written
