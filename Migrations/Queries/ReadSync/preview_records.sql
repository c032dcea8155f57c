-- What applying a batch would do: the same decisions as apply_records.sql, and the change of each total. Reads only.
-- $1 organization  $2 pfaIds, unique in the batch  $3 blocks  $4 indexes  $5 content hashes  $6 data as JSON text
-- Indexes: pfa_mirror_key, pfa_modification_open.
WITH incoming AS MATERIALIZED (
  SELECT * FROM unnest($2::text[], $3::int8[], $4::int8[], $5::int8[], $6::text[]) AS t (pfa_id, block, index, hash, data)
),
known AS MATERIALIZED (
  SELECT i.data, i.block, m.id, m.data AS effective, m.pending_base, m.category, m.source, m.dor, m.is_discontinued, m.is_actualized,
    pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.original_start, m.original_end) AS plan,
    pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.forecast_start, m.forecast_end) AS forecast,
    CASE WHEN m.is_actualized
      THEN pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.actual_start, m.actual_end) ELSE 0 END AS actual,
    m.swept_by IS NULL AND m.content_hash IS NOT DISTINCT FROM i.hash AS same_content,
    (i.block, i.index) IS NOT DISTINCT FROM (m.source_block, m.source_index) AS same_order,
    CASE
      WHEN m.id IS NULL THEN false
      WHEN i.block IS NULL THEN m.content_hash IS DISTINCT FROM i.hash OR m.swept_by IS NOT NULL
      WHEN m.source_block IS NULL THEN true
      WHEN m.swept_by IS NOT NULL THEN true
      ELSE (i.block, i.index) > (m.source_block, m.source_index)
    END AS newer
  FROM incoming i
  LEFT JOIN LATERAL (SELECT p.* FROM pfa_mirror p WHERE p.organization_id = $1 AND p.pfa_id = i.pfa_id OFFSET 0) m ON true
),
written AS MATERIALIZED (
  SELECT k.id, CASE WHEN (n.merged).pending_base IS NULL THEN false WHEN (n.merged).conflicts <> '{}' THEN true
      ELSE EXISTS (SELECT FROM pfa_modification o
        WHERE o.mirror_id = k.id AND o.sync_state IN ('committed', 'syncing', 'conflict')
          AND (pfa_group_clash(o.delta, n.merged, k.data::jsonb, k.effective)).kind IS NOT NULL)
        AND NOT (pfa_flag(d.d -> 'isDiscontinued') AND NOT k.is_discontinued) END AS is_conflict,
    k.category AS old_category, k.source AS old_source, k.dor AS old_dor, k.is_discontinued AS old_discontinued,
    k.is_actualized AS old_actualized, k.plan AS old_plan, k.forecast AS old_forecast, k.actual AS old_actual,
    d.d ->> 'category' AS category, d.d ->> 'source' AS source, d.d ->> 'dor' AS dor,
    pfa_flag(d.d -> 'isDiscontinued') AS is_discontinued, pfa_flag(d.d -> 'isActualized') AS is_actualized,
    pfa_money(d.d -> 'monthlyRate') AS monthly_rate, pfa_money(d.d -> 'purchasePrice') AS purchase_price,
    pfa_date(d.d ->> 'originalStart') AS original_start, pfa_date(d.d ->> 'originalEnd') AS original_end,
    pfa_date(d.d ->> 'forecastStart') AS forecast_start, pfa_date(d.d ->> 'forecastEnd') AS forecast_end,
    pfa_date(d.d ->> 'actualStart') AS actual_start, pfa_date(d.d ->> 'actualEnd') AS actual_end
  FROM known k
  CROSS JOIN LATERAL (
    SELECT CASE WHEN k.pending_base IS NOT NULL THEN pfa_merge_read(k.data::jsonb, k.effective, k.pending_base) END AS merged
    OFFSET 0
  ) n
  CROSS JOIN LATERAL (SELECT CASE WHEN (n.merged).data IS NULL THEN k.data::jsonb ELSE (n.merged).data END AS d OFFSET 0) d
  WHERE k.id IS NULL OR (k.newer AND NOT k.same_content)
),
effect AS (
  SELECT old_category AS category, old_source AS source, old_dor AS dor, -old_plan AS plan, -old_forecast AS forecast,
    -old_actual AS actual, -1 AS records, -old_actualized::int AS actualized
  FROM written WHERE id IS NOT NULL AND NOT old_discontinued
  UNION ALL
  SELECT w.category, w.source, w.dor,
    pfa_phase_cost(w.source, w.monthly_rate, w.purchase_price, w.original_start, w.original_end),
    pfa_phase_cost(w.source, w.monthly_rate, w.purchase_price, w.forecast_start, w.forecast_end),
    CASE WHEN w.is_actualized
      THEN pfa_phase_cost(w.source, w.monthly_rate, w.purchase_price, w.actual_start, w.actual_end) ELSE 0 END, 1, w.is_actualized::int
  FROM written w WHERE NOT w.is_discontinued
),
delta AS (
  SELECT category, source, dor, sum(plan) AS plan, sum(forecast) AS forecast, sum(actual) AS actual, sum(records) AS records,
    sum(actualized) AS actualized
  FROM effect GROUP BY category, source, dor
)
SELECT (SELECT count(*) FROM written WHERE id IS NULL) AS inserted,
  (SELECT count(*) FROM written WHERE id IS NOT NULL AND NOT is_conflict AND (old_discontinued OR NOT is_discontinued)) AS updated,
  (SELECT count(*) FROM written WHERE id IS NOT NULL AND NOT is_conflict AND NOT old_discontinued AND is_discontinued) AS discontinued,
  (SELECT count(*) FROM written WHERE is_conflict) AS conflicted,
  (SELECT count(*) FROM known
    WHERE id IS NOT NULL AND same_content AND (newer OR same_order OR block IS NULL)) AS unchanged,
  coalesce((
    SELECT jsonb_agg(jsonb_build_array(category, source, dor, plan::text, forecast::text, actual::text, records, actualized))
    FROM delta), '[]') AS effect
