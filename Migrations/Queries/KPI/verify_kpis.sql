-- Groups whose kept totals differ from a recomputation. $1 organization, or null for all
SELECT * FROM pfa_kpi_difference WHERE $1::text IS NULL OR organization_id = $1 ORDER BY organization_id, category, source, dor
