-- Writes down messages before they are published, so that a crash at any point knows which must be applied.
-- $1 job  $2 organization  $3 pages  $4 event ids  $5 sizes in bytes  $6 cursor of their upstream page  $7 keep the
-- ids seen  $8 hashes of the ids that travel alone
INSERT INTO sync_page (job_id, page, organization_id, event_id, bytes, cursor_from, keep_seen, known_hash)
SELECT $1::uuid, p.page, $2, p.event_id, p.bytes, $6, $7::bool, p.known_hash
FROM unnest($3::int[], $4::text[], $5::int[], $8::int8[]) AS p (page, event_id, bytes, known_hash)
