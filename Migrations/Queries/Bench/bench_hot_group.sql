-- Active records of the group that has most of them. $1 organization  $2 how many
SELECT m.pfa_id FROM pfa_mirror m
JOIN (
  SELECT category, source, dor FROM pfa_kpi_summary WHERE organization_id = $1 ORDER BY record_count DESC, category, source, dor LIMIT 1
) g ON g.category = m.category AND g.source = m.source AND g.dor = m.dor
WHERE m.organization_id = $1 AND NOT m.is_discontinued
ORDER BY m.pfa_id LIMIT $2::int
