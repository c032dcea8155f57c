-- How many ids the run saw, each once, and how many of its rows were rejected, with an id or without: together no fewer
-- than the rows of the upstream that it met. $1 job
-- Runs under prefer_hashing.sql, as count_orphans.sql does.
SELECT (SELECT count(DISTINCT s.pfa_id)
    FROM sync_page p CROSS JOIN LATERAL unnest(p.seen) AS s (pfa_id)
    WHERE p.job_id = $1::uuid AND p.state = 'applied') AS seen,
  (SELECT coalesce(sum(p.rejected), 0) FROM sync_page p WHERE p.job_id = $1::uuid AND p.state = 'applied') AS rejected
