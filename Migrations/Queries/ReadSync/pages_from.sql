-- The messages of a job from a page on, as they were allocated before a crash. $1 job  $2 page
SELECT page, event_id, state, cursor_from FROM sync_page WHERE job_id = $1::uuid AND page >= $2::int ORDER BY page
