-- Records of an organization as a session sees them, its drafts laid over, in order of pfa_id (getMergedRecords).
-- $1 organization  $2 category  $3 class  $4 source  $5 dor  $6 contract  $7 $8 forecast window: overlaps [$7, $8)
-- $9 JSON that the record contains  $10 whether it is discontinued  $11 whether the session has a draft of it
-- $12 the pfa_id before the first  $13 how many. Null from $2 to $12: any. syncline.session_id names the session.
-- Indexes: pfa_mirror_key for the order; where it is cheaper pfa_mirror_group_forecast, pfa_mirror_forecast or
-- pfa_mirror_data; pfa_modification_draft.
SELECT pfa_id, organization_id, version, category, class, source, dor, area_silo, manufacturer, model, monthly_rate, purchase_price,
  original_start, original_end, forecast_start, forecast_end, actual_start, actual_end, is_actualized, is_discontinued,
  is_funds_transferable, has_plan, has_actuals, contract, has_draft,
  to_jsonb(modified_fields) AS modified_fields, to_jsonb(remote_fields) AS remote_fields, updated_at, data
FROM pfa_merged_live
WHERE organization_id = $1 AND ($2::text IS NULL OR category = $2) AND ($3::text IS NULL OR class = $3)
  AND ($4::text IS NULL OR source = $4) AND ($5::text IS NULL OR dor = $5) AND ($6::text IS NULL OR contract = $6)
  AND ($7::date IS NULL OR forecast_end > $7::date) AND ($8::date IS NULL OR forecast_start < $8::date)
  AND ($9::jsonb IS NULL OR data @> $9::jsonb) AND ($10::boolean IS NULL OR is_discontinued = $10)
  AND ($11::boolean IS NULL OR has_draft = $11) AND ($12::text IS NULL OR pfa_id > $12)
ORDER BY pfa_id LIMIT $13::int
