-- The totals of an organization from its records: what reading kept totals saves. $1 organization
SELECT * FROM pfa_kpi_recomputed WHERE organization_id = $1
