-- Discontinues the active rows that a complete, non-empty full run did not see, with their KPI effect and lineage (R7).
-- A row that PEMS wrote to us since the run began is left alone: the read may have passed before it was there.
-- $1 organization  $2 job  $3 KPI slot
-- Runs under prefer_hashing.sql, as count_orphans.sql does.
-- Locks: the rows in pfa_id order, then their open edits, then KPI slots in key order.
WITH seen AS (
  SELECT DISTINCT unnest(p.seen) AS pfa_id FROM sync_page p WHERE p.job_id = $2::uuid AND p.state = 'applied'
),
orphan AS MATERIALIZED (
  SELECT m.id FROM pfa_mirror m
  WHERE m.organization_id = $1 AND NOT m.is_discontinued
    AND (m.last_synced_at IS NULL OR m.last_synced_at < (SELECT l.started_at FROM pfa_sync_log l WHERE l.job_id = $2::uuid))
    AND NOT EXISTS (SELECT FROM seen s WHERE s.pfa_id = m.pfa_id)
  ORDER BY m.pfa_id
  FOR NO KEY UPDATE
),
swept AS (
  UPDATE pfa_mirror m
  SET data = m.data || '{"isDiscontinued": true}', version = m.version + 1, swept_by = $2::uuid, last_synced_at = now(), updated_at = now()
  FROM orphan o WHERE m.id = o.id AND NOT m.is_discontinued
  RETURNING m.id, m.version, m.pending_base, m.category, m.source, m.dor, m.is_actualized,
    pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.original_start, m.original_end) AS plan,
    pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.forecast_start, m.forecast_end) AS forecast,
    CASE WHEN m.is_actualized
      THEN pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.actual_start, m.actual_end) ELSE 0 END AS actual
),
missed AS (
  -- Edits that can not be pushed any more: there is nothing upstream to change.
  UPDATE pfa_modification o SET sync_state = 'conflict', lease_token = NULL, lease_expires_at = NULL
  FROM swept s WHERE o.mirror_id = s.id AND o.sync_state IN ('committed', 'syncing')
  RETURNING o.id, o.mirror_id, o.delta, o.base_values, s.version, s.pending_base
),
conflicts AS (
  INSERT INTO pfa_sync_conflict (modification_id, mirror_id, organization_id, kind, conflict_fields, base_values,
    local_values, remote_values, current_version)
  SELECT m.id, m.mirror_id, $1, 'record_missing', '{isDiscontinued}', m.base_values, m.delta,
    pfa_pick_fields(m.pending_base, ARRAY(SELECT jsonb_object_keys(m.delta))) || '{"isDiscontinued": true}', m.version
  FROM missed m
  ON CONFLICT (modification_id) WHERE status = 'open' DO NOTHING
),
marked AS (
  UPDATE pfa_modification o SET remote_fields = ARRAY(SELECT DISTINCT f FROM unnest(o.remote_fields || '{isDiscontinued}') f ORDER BY f)
  FROM swept s WHERE o.mirror_id = s.id AND o.sync_state = 'draft'
),
delta AS MATERIALIZED (
  SELECT category, source, dor, -sum(plan) AS plan, -sum(forecast) AS forecast, -sum(actual) AS actual, -count(*) AS records,
    -count(*) FILTER (WHERE is_actualized) AS actualized
  FROM swept GROUP BY category, source, dor
),
totals AS (
  INSERT INTO kpi_slot AS s (organization_id, category, source, dor, slot, plan_cost, forecast_cost, actual_cost,
    record_count, actualized_count)
  SELECT $1, category, source, dor, $3::smallint, plan, forecast, actual, records, actualized FROM delta ORDER BY category, source, dor
  ON CONFLICT (organization_id, category, source, dor, slot) DO UPDATE
  SET plan_cost = s.plan_cost + excluded.plan_cost, forecast_cost = s.forecast_cost + excluded.forecast_cost,
    actual_cost = s.actual_cost + excluded.actual_cost, record_count = s.record_count + excluded.record_count,
    actualized_count = s.actualized_count + excluded.actualized_count
),
lineage AS (
  INSERT INTO kpi_change (organization_id, category, source, dor, cause, cause_id, plan_cost, forecast_cost,
    actual_cost, record_count, actualized_count)
  SELECT $1, category, source, dor, 'orphan_sweep', $2::text, plan, forecast, actual, records, actualized FROM delta
)
SELECT count(*) AS swept FROM swept
