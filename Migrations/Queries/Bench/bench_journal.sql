-- What streams of this prefix hold, and whether each of them runs from version 0 without a gap. $1 prefix
SELECT count(*) AS streams, coalesce(sum(events), 0)::bigint AS events, coalesce(bool_and(last = events - 1), true) AS is_gapless
FROM (
  SELECT count(*) AS events, max(version) AS last FROM sync_event WHERE stream LIKE $1 || '%' GROUP BY organization_id, stream
) s
