-- What is published and not applied yet, and what was applied so far. $1 job. Index: sync_page_pkey.
SELECT count(*) FILTER (WHERE state = 'allocated') AS waiting, coalesce(sum(bytes) FILTER (WHERE state = 'allocated'), 0) AS waiting_bytes,
  count(*) FILTER (WHERE state = 'applied') AS applied, coalesce(sum(received) FILTER (WHERE state = 'applied'), 0) AS received,
  coalesce(sum(rejected) FILTER (WHERE state = 'applied'), 0) AS rejected
FROM sync_page WHERE job_id = $1::uuid
