-- The bounds of an organization from its records: what probing the ends of indexes saves. $1 organization
SELECT min(original_start) AS plan_start, max(original_end) AS plan_end, min(forecast_start) AS forecast_start,
  max(forecast_end) AS forecast_end, min(actual_start) AS actual_start, max(actual_end) AS actual_end, count(*) AS total_records
FROM pfa_mirror WHERE organization_id = $1 AND NOT is_discontinued
