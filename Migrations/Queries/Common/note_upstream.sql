-- Says in a job's progress that its upstream fails, since when, and when it is asked again. What was said before keeps
-- its beginning.
-- $1 job  $2 token  $3 source  $4 where it is  $5 code  $6 message  $7 ms until it is asked again
UPDATE sync_job SET progress = progress || jsonb_build_object('upstream', jsonb_build_object('source', $3::text, 'place', $4::text,
    'code', $5::text, 'message', $6::text,
    'since', coalesce(progress #>> '{upstream,since}', syncline_moment(clock_timestamp())),
    'next_at', syncline_moment(clock_timestamp() + make_interval(secs => $7::bigint / 1000.0))))
WHERE id = $1::uuid AND lease_token = $2::uuid AND state = 'running'
