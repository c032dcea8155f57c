-- Whether a reader of ours wrote this page down with exactly these ids without their data: then he has found them in
-- the mirror, with their order and content. No row: nobody vouches for them.
-- $1 job  $2 page  $3 event id  $4 hash of the ids
-- Index: sync_page_pkey.
SELECT 1 AS vouched FROM sync_page
WHERE job_id = $1::uuid AND page = $2::int AND event_id = $3 AND (known_hash IS NULL OR known_hash = $4::int8)
