-- Records whose order lies more than a day ahead of now, of organizations whose other records count milliseconds since
-- 1970 as blocks: nothing that PEMS sends will be newer. One row for each organization with such records.
-- Reads the whole table.
SELECT organization_id, count(*) FILTER (WHERE is_ahead) AS records, min(pfa_id) FILTER (WHERE is_ahead) AS example
FROM (
  SELECT organization_id, pfa_id, source_block > now_ms + 86400000 AS is_ahead,
    source_block BETWEEN 946684800000 AND now_ms + 86400000 AS is_moment
  FROM pfa_mirror, (SELECT (extract(epoch FROM now()) * 1000)::bigint AS now_ms) n
) m
GROUP BY organization_id
HAVING bool_or(is_ahead) AND count(*) FILTER (WHERE is_moment) >= count(*) FILTER (WHERE is_ahead)
ORDER BY organization_id
