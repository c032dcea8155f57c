-- When an organization's trend was last brought up to date; no row: never. $1 organization
SELECT refreshed_at FROM kpi_trend_state WHERE organization_id = $1 AND isfinite(refreshed_at)
