-- All active records of an organization as the transaction's session sees them. $1 organization
-- Indexes: pfa_mirror_key, pfa_modification_draft.
SELECT id, pfa_id, version, category, class, source, dor, monthly_rate, purchase_price, forecast_start, forecast_end, is_actualized,
  has_draft, modified_fields
FROM pfa_merged_live WHERE organization_id = $1 AND NOT is_discontinued
