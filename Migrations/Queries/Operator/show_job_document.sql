-- A job as its events carry it, member by member, in order; no row: there is none. `text` is a string's own text.
-- $1 id  $2 how many issues
-- Indexes: sync_job_pkey, sync_event_key, pfa_sync_log_job_id_key, sync_record_issue_job.
SELECT key, value::text AS value, value #>> '{}' AS text, json_typeof(value) AS kind
FROM json_each(sync_job_document($1::uuid, $2::int))
