-- New fields of the upstream, once each (R13). $1 organization  $2 source  $3 fields  $4 examples  $5 job
INSERT INTO field_drift (organization_id, source, field, example, first_job_id)
SELECT $1, $2, d.field, d.example, $5::uuid FROM unnest($3::text[], $4::text[]) AS d (field, example)
ON CONFLICT DO NOTHING
