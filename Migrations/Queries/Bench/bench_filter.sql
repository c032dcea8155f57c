-- The first thousand active records of a category and source. $1 organization  $2 category  $3 source
-- Index: pfa_mirror_group.
SELECT id, pfa_id, version, category, class, source, dor, monthly_rate, purchase_price, forecast_start, forecast_end, is_actualized
FROM pfa_mirror WHERE organization_id = $1 AND NOT is_discontinued AND category = $2 AND source = $3 LIMIT 1000
