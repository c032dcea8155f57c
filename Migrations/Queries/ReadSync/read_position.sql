-- Where the read of a job stands, and where it must go on from: at the upstream page of the first message that was not
-- applied, with the number of the first message of that page.
-- $1 job  $2 organization  $3 source
SELECT c.cursor, c.next_page, c.pages_read, c.records_read, c.total, c.server_time, c.complete,
  p.page AS waiting_page, p.cursor_from AS waiting_cursor, w.watermark
FROM read_checkpoint c
LEFT JOIN LATERAL (
  SELECT min(t.page) AS page, s.cursor_from
  FROM (
    SELECT a.cursor_from FROM sync_page a WHERE a.job_id = c.job_id AND a.state = 'allocated' ORDER BY a.page LIMIT 1
  ) s
  JOIN sync_page t ON t.job_id = c.job_id AND t.cursor_from IS NOT DISTINCT FROM s.cursor_from
  GROUP BY s.cursor_from
) p ON true
LEFT JOIN source_watermark w ON w.organization_id = $2 AND w.source = $3
WHERE c.job_id = $1::uuid
