-- The group with the most records of all organizations; no row while there are no records. Bind with become_system
-- first. Takes no locks; reads the totals, which are few.
SELECT organization_id, category, source FROM pfa_kpi_summary
ORDER BY record_count DESC, organization_id, category, source LIMIT 1
