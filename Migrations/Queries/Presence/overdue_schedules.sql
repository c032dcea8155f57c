-- Active schedules of each job, how many of them are overdue, and for how long the worst is, the worst first. $1
-- seconds late that are nothing to speak of. Scans job_schedule, which is small.
SELECT job, count(*) AS active, count(*) FILTER (WHERE next_at < now() - make_interval(secs => $1::int)) AS overdue,
  extract(epoch FROM now() - min(next_at))::bigint AS worst,
  (array_agg(job || ' of ' || organization_id ORDER BY next_at))[1] AS first
FROM job_schedule WHERE is_active AND next_at IS NOT NULL
GROUP BY job
ORDER BY min(next_at), job
