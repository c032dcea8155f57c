-- The bounds of an organization; one without records has nulls and zeros. No row: there is no such organization.
-- $1 organization
-- Indexes: one probe in each of the six bound indexes of pfa_mirror, organization_pkey.
SELECT o.id AS organization_id, t.plan_start, t.plan_end, t.forecast_start, t.forecast_end, t.actual_start, t.actual_end,
  coalesce(t.total_records, 0) AS total_records, coalesce(t.actualized_records, 0) AS actualized_records
FROM organization o
LEFT JOIN pfa_timeline_bounds t ON t.organization_id = o.id
WHERE o.id = $1
