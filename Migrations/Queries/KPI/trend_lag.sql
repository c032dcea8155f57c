-- How far the trend is behind: organizations with changes that it does not have, and the age of the oldest of these.
-- Index: kpi_change_group.
SELECT count(first_at) AS organizations, coalesce(extract(epoch FROM now() - min(first_at)), 0)::float8 AS seconds
FROM organization o
LEFT JOIN kpi_trend_state s ON s.organization_id = o.id
CROSS JOIN LATERAL (
  SELECT (SELECT c.changed_at FROM kpi_change c
    WHERE c.organization_id = o.id AND c.changed_at > coalesce(s.refreshed_at, '-infinity')
    ORDER BY c.changed_at LIMIT 1) AS first_at
) pending
