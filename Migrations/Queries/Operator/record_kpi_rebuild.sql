-- Writes down that an operator corrected totals: a job that is done, which the corrections name as their cause.
-- $1 id  $2 organization  $3 reason or null  $4 groups corrected  $5 who. Index: sync_job_pkey.
INSERT INTO sync_job (id, organization_id, kind, state, result, parameters, progress, requested_by, started_at, finished_at)
VALUES ($1::uuid, $2, 'kpi_rebuild', 'succeeded', 'clean',
  jsonb_strip_nulls(jsonb_build_object('organization', $2::text, 'reason', $3::text)),
  jsonb_build_object('corrected', $4::int), $5, now(), now())
