-- Applies a batch of records of one organization and everything that follows from it: totals, lineage, counts, issues.
--
-- One statement, so one snapshot and one plan: what was there is read once, only rows that really change are locked
-- (in key order, so that two batches can not deadlock), and jsonb and the generated columns are computed for those
-- alone. An unchanged record costs one index probe.
--
-- $1 organization  $2 pfaIds, unique in the batch, ascending  $3 blocks  $4 indexes  $5 content hashes  $6 data as
-- JSON text
-- $7 KPI slot  $8 cause (read_sync, event)  $9 cause id
-- $10 job  $11 page  $12 event id: the page of a job that the batch is; null for single events
-- $13 stream: where batches without a page of their own are counted  $14 sync type of that row
-- $15 received, with rejected and duplicates  $16 rejected  $17 duplicates with equal content
-- $18 issue pfaIds  $19 fields  $20 codes  $21 raw values  $22 whether the record was rejected
-- $23 ids of records of the page that the mirror had when they were read: unchanged
-- $24 when Kafka took each record's message, ms, or null  $25 topic  $26 partition
-- $27 offsets of the messages that issues came with  $28 their events, as UUIDs  $29 which issue of its event each is
--
-- Whatever statistics say (a first sync fills an empty table under a cached plan), each row is found by a probe of
-- its own: the lookups stand in subqueries that are not pulled up, and the updates join under become_applier.sql, by
-- = ANY (ARRAY[id]). A join by = would be one by order as well, and so a walk through all ids would be an answer to it:
-- the one that is chosen, and kept, when statistics have seen the table empty.
--
-- Open edits of the records that change are told in the same statement: one index probe for each such record.
--
-- Locks: changed and confirmed mirror rows in pfa_id order, then their open edits, then KPI slots in key order, then
-- the page or stream row, then the log row of a run that has ended.
-- Indexes: pfa_mirror_key, pfa_mirror_pkey, pfa_modification_open, pfa_sync_log_job_id_key, sync_job_one_read,
-- sync_record_issue_event. A key that another session
-- inserts at the same time ends in 23505: the transaction is retried.
WITH incoming AS MATERIALIZED (
  SELECT * FROM unnest($2::text[], $3::int8[], $4::int8[], $5::int8[], $6::text[], $24::int8[])
    AS t (pfa_id, block, index, hash, data, produced_at)
),
-- The message of a job that this is. No row: single events, and pages that no reader of ours wrote down.
own AS MATERIALIZED (
  SELECT p.job_id, p.state FROM sync_page p WHERE p.job_id = $10::uuid AND p.page = $11::int AND p.event_id = $12
),
-- When the run began whose page this is. No row: no page of a job, or one that comes again.
bringing AS MATERIALIZED (
  SELECT l.started_at FROM own p JOIN pfa_sync_log l ON l.job_id = ANY (ARRAY[p.job_id]) WHERE p.state = 'allocated'
),
-- When the full read began that is open and may sweep, for what others announce meanwhile.
sweeping AS MATERIALIZED (
  SELECT l.started_at FROM sync_job j JOIN pfa_sync_log l ON l.job_id = ANY (ARRAY[j.id])
  WHERE j.organization_id = $1 AND j.kind = 'read_sync' AND j.state IN ('queued', 'running', 'retrying', 'awaiting_approval')
    AND j.parameters -> 'dryRun' IS DISTINCT FROM 'true' AND l.sync_type = 'full' AND NOT EXISTS (SELECT FROM own)
),
-- A row that a sweep discontinued is taken back by a page of a run that began after the sweep, whatever its order: that
-- it is gone was our conclusion, which has no order. What comes again, or was read before, says nothing of PEMS since.
-- One that is announced as it stands, by a message that is younger than the open read, is confirmed: the read may have
-- passed before it was there, so it is not swept.
known AS MATERIALIZED (
  SELECT i.pfa_id, i.block, i.index, i.hash, i.data, m.id, m.content_hash = i.hash AS same_content,
    (i.block, i.index) IS NOT DISTINCT FROM (m.source_block, m.source_index) AS same_order,
    CASE
      WHEN m.id IS NULL THEN false
      WHEN m.swept_by IS NOT NULL AND (SELECT started_at FROM bringing) <= m.last_synced_at THEN false
      WHEN i.block IS NULL THEN m.content_hash IS DISTINCT FROM i.hash
        OR (m.swept_by IS NOT NULL AND EXISTS (SELECT FROM bringing))
      WHEN m.source_block IS NULL THEN true
      WHEN m.swept_by IS NOT NULL AND EXISTS (SELECT FROM bringing) THEN true
      ELSE (i.block, i.index) > (m.source_block, m.source_index)
    END AS newer,
    coalesce(m.swept_by IS NULL AND NOT m.is_discontinued AND m.content_hash = i.hash
      AND (i.block IS NULL OR (i.block, i.index) = (m.source_block, m.source_index))
      AND (SELECT started_at FROM sweeping) > coalesce(m.last_synced_at, '-infinity')
      AND (SELECT started_at FROM sweeping) <= coalesce(to_timestamp(i.produced_at / 1000.0), 'infinity'), false) AS confirms
  FROM incoming i
  LEFT JOIN LATERAL (
    SELECT p.id, p.content_hash, p.source_block, p.source_index, p.swept_by, p.last_synced_at, p.is_discontinued
    FROM pfa_mirror p WHERE p.organization_id = $1 AND p.pfa_id = i.pfa_id
    OFFSET 0
  ) m ON true
),
locked AS MATERIALIZED (
  SELECT m.*, k.data, k.block, k.index, k.hash, k.confirms,
    m.swept_by IS NULL AND m.content_hash IS NOT DISTINCT FROM k.hash AS same_content,
    CASE WHEN m.pending_base IS NOT NULL THEN pfa_merge_read(k.data::jsonb, m.effective, m.pending_base) END AS merged
  FROM (SELECT * FROM known WHERE newer OR confirms ORDER BY pfa_id) k
  CROSS JOIN LATERAL (
    SELECT p.id, p.version, p.data AS effective, p.pending_base, p.content_hash, p.swept_by, p.category, p.source, p.dor,
      p.is_discontinued, p.is_actualized, p.monthly_rate, p.purchase_price, p.original_start, p.original_end,
      p.forecast_start, p.forecast_end, p.actual_start, p.actual_end
    FROM pfa_mirror p
    WHERE p.organization_id = $1 AND p.pfa_id = k.pfa_id
      AND CASE
        WHEN k.confirms THEN p.swept_by IS NULL AND NOT p.is_discontinued AND p.content_hash = k.hash
          AND (k.block IS NULL OR (k.block, k.index) = (p.source_block, p.source_index))
        WHEN p.swept_by IS NOT NULL AND (SELECT started_at FROM bringing) <= p.last_synced_at THEN false
        WHEN k.block IS NULL THEN p.content_hash IS DISTINCT FROM k.hash
          OR (p.swept_by IS NOT NULL AND EXISTS (SELECT FROM bringing))
        WHEN p.source_block IS NULL THEN true
        WHEN p.swept_by IS NOT NULL AND EXISTS (SELECT FROM bringing) THEN true
        ELSE (k.block, k.index) > (p.source_block, p.source_index)
      END
    FOR NO KEY UPDATE
  ) m
),
advanced AS (
  -- The stamp is not part of the content, and belongs to the newest order all the same: else the row would depend
  -- on the order of arrival.
  UPDATE pfa_mirror m
  SET source_block = l.block, source_index = l.index, last_synced_at = now(),
    data = CASE WHEN l.data::jsonb ? 'lastModified'
      THEN m.data || jsonb_build_object('lastModified', l.data::jsonb -> 'lastModified') ELSE m.data - 'lastModified' END
  FROM locked l WHERE m.id = ANY (ARRAY[l.id]) AND l.same_content AND NOT l.confirms
  RETURNING 1
),
confirmed AS (
  UPDATE pfa_mirror m SET last_synced_at = greatest(now(), (SELECT started_at FROM sweeping))
  FROM locked l WHERE m.id = ANY (ARRAY[l.id]) AND l.confirms
  RETURNING 1
),
touched AS MATERIALIZED (
  -- Open edits of the records that change, and what the read does to them: which of a draft's fields PEMS has changed,
  -- and which fields of a committed edit in effect it has changed as well, or so that they do not fit any more.
  SELECT o.id, l.id AS mirror_id, l.version + 1 AS version, l.pending_base IS NOT NULL AND n.gone AS is_gone,
    (l.merged).pending_base AS theirs,
    pfa_changed_fields(o.modified_fields || CASE WHEN n.gone THEN '{isDiscontinued}'::text[] ELSE '{}' END, l.effective, n.data) AS moved,
    -- What a push of ours has put there is no change of PEMS'.
    CASE WHEN (l.merged).conflicts <> '{}' THEN ARRAY(SELECT f FROM unnest((l.merged).conflicts) f
      WHERE o.delta -> f = l.effective -> f AND NOT EXISTS (SELECT FROM pfa_modification e WHERE e.mirror_id = l.id
        AND e.sync_state IN ('draft', 'committed', 'syncing', 'conflict', 'failed')
        AND e.pushed_values -> f = l.data::jsonb -> f)
      ORDER BY f) ELSE '{}' END AS overlap,
    (c.clash).kind AS clash, (c.clash).fields AS clashing, pfa_pick_fields(n.data, (c.clash).fields) AS seen
  FROM locked l
  CROSS JOIN LATERAL (
    SELECT p.id, p.modified_fields, p.delta FROM pfa_modification p
    WHERE p.mirror_id = l.id AND p.sync_state IN ('draft', 'committed', 'syncing', 'conflict') OFFSET 0
  ) o
  CROSS JOIN LATERAL (
    SELECT d.data, NOT l.is_discontinued AND pfa_flag(d.data -> 'isDiscontinued') AS gone
    FROM (SELECT CASE WHEN (l.merged).data IS NULL THEN l.data::jsonb ELSE (l.merged).data END AS data) d OFFSET 0
  ) n
  CROSS JOIN LATERAL (
    SELECT CASE WHEN (l.merged).pending_base IS NOT NULL
      THEN pfa_group_clash(o.delta, l.merged, l.data::jsonb, l.effective) END AS clash OFFSET 0
  ) c
  WHERE NOT l.same_content
),
noted AS (
  -- A draft that another session commits at this moment is seen as what it has become.
  UPDATE pfa_modification o
  SET remote_fields = CASE WHEN o.sync_state = 'draft'
      THEN ARRAY(SELECT DISTINCT f FROM unnest(o.remote_fields || t.moved) f ORDER BY f) ELSE o.remote_fields END,
    sync_state = CASE WHEN o.sync_state IN ('committed', 'syncing') THEN 'conflict' ELSE o.sync_state END,
    lease_token = NULL, lease_expires_at = NULL
  FROM touched t
  WHERE o.id = ANY (ARRAY[t.id]) AND CASE WHEN o.sync_state = 'draft' THEN t.moved <> '{}'
    ELSE o.sync_state IN ('committed', 'syncing', 'conflict')
      AND (t.overlap <> '{}' OR t.clash IS NOT NULL OR (t.is_gone AND o.applied_version IS NOT NULL)) END
  RETURNING o.id, o.mirror_id, o.sync_state, o.delta, o.base_values, t.version, t.is_gone, t.theirs, t.seen,
    CASE WHEN t.is_gone THEN 'remote_discontinued' WHEN t.overlap <> '{}' THEN 'field_overlap' ELSE t.clash END AS kind,
    CASE WHEN t.is_gone THEN '{isDiscontinued}' WHEN t.overlap = '{}' THEN t.clashing
      WHEN t.clash = 'field_overlap' THEN ARRAY(SELECT DISTINCT f FROM unnest(t.overlap || t.clashing) f ORDER BY f)
      ELSE t.overlap END AS fields,
    CASE WHEN t.is_gone THEN ARRAY(SELECT jsonb_object_keys(o.delta)) ELSE t.overlap END AS told
),
changed AS (
  UPDATE pfa_mirror m
  SET data = CASE WHEN (l.merged).data IS NULL THEN l.data::jsonb ELSE (l.merged).data END,
    -- PEMS' new value of a field that an edit holds is taken for known only when a conflict row tells of it. Else, for
    -- an edit that this snapshot does not see or that has failed, the push finds the overlap.
    pending_base = CASE WHEN coalesce((l.merged).conflicts, '{}') = '{}' THEN (l.merged).pending_base
      ELSE (l.merged).pending_base || pfa_pick_fields(l.pending_base, ARRAY(SELECT f FROM unnest((l.merged).conflicts) f
        WHERE NOT EXISTS (SELECT FROM noted n WHERE n.mirror_id = l.id AND n.sync_state = 'conflict' AND f = ANY (n.told)))) END,
    version = m.version + 1, source_block = coalesce(l.block, m.source_block),
    source_index = coalesce(l.index, m.source_index), content_hash = l.hash, swept_by = NULL, last_synced_at = now(),
    updated_at = now()
  FROM locked l WHERE m.id = ANY (ARRAY[l.id]) AND NOT l.same_content
  RETURNING CASE WHEN l.pending_base IS NULL THEN false WHEN (l.merged).conflicts <> '{}' THEN true
      ELSE EXISTS (SELECT FROM noted n WHERE n.mirror_id = l.id AND n.sync_state = 'conflict' AND NOT n.is_gone)
    END AS is_conflict,
    l.category AS old_category, l.source AS old_source, l.dor AS old_dor, l.is_discontinued AS old_discontinued,
    l.is_actualized AS old_actualized,
    pfa_phase_cost(l.source, l.monthly_rate, l.purchase_price, l.original_start, l.original_end) AS old_plan,
    pfa_phase_cost(l.source, l.monthly_rate, l.purchase_price, l.forecast_start, l.forecast_end) AS old_forecast,
    CASE WHEN l.is_actualized
      THEN pfa_phase_cost(l.source, l.monthly_rate, l.purchase_price, l.actual_start, l.actual_end) ELSE 0 END AS old_actual,
    m.category, m.source, m.dor, m.is_discontinued, m.is_actualized,
    pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.original_start, m.original_end) AS plan,
    pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.forecast_start, m.forecast_end) AS forecast,
    CASE WHEN m.is_actualized
      THEN pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.actual_start, m.actual_end) ELSE 0 END AS actual
),
conflicts AS (
  INSERT INTO pfa_sync_conflict AS c (modification_id, mirror_id, organization_id, kind, conflict_fields, base_values,
    local_values, remote_values, current_version)
  SELECT n.id, n.mirror_id, $1, n.kind, n.fields, n.base_values, n.delta,
    n.seen || pfa_pick_fields(n.theirs, n.fields || ARRAY(SELECT jsonb_object_keys(n.delta)))
      || CASE WHEN n.is_gone THEN '{"isDiscontinued": true}' ELSE '{}' END::jsonb, n.version
  FROM noted n WHERE n.sync_state = 'conflict'
  ON CONFLICT (modification_id) WHERE status = 'open' DO UPDATE
  SET kind = excluded.kind, conflict_fields = excluded.conflict_fields, remote_values = excluded.remote_values,
    current_version = excluded.current_version
),
added AS (
  INSERT INTO pfa_mirror AS m (id, organization_id, pfa_id, data, source_block, source_index, content_hash, last_synced_at)
  SELECT md5($1 || chr(31) || k.pfa_id)::uuid, $1, k.pfa_id, k.data::jsonb, k.block, k.index, k.hash, now()
  FROM known k WHERE k.id IS NULL
  RETURNING m.category, m.source, m.dor, m.is_discontinued, m.is_actualized,
    pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.original_start, m.original_end) AS plan,
    pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.forecast_start, m.forecast_end) AS forecast,
    CASE WHEN m.is_actualized
      THEN pfa_phase_cost(m.source, m.monthly_rate, m.purchase_price, m.actual_start, m.actual_end) ELSE 0 END AS actual
),
effect AS (
  SELECT category, source, dor, plan, forecast, actual, 1 AS records, is_actualized::int AS actualized
  FROM added WHERE NOT is_discontinued
  UNION ALL
  SELECT category, source, dor, plan, forecast, actual, 1, is_actualized::int FROM changed WHERE NOT is_discontinued
  UNION ALL
  SELECT old_category, old_source, old_dor, -old_plan, -old_forecast, -old_actual, -1, -old_actualized::int
  FROM changed WHERE NOT old_discontinued
),
delta AS MATERIALIZED (
  SELECT category, source, dor, sum(plan) AS plan, sum(forecast) AS forecast, sum(actual) AS actual,
    sum(records) AS records, sum(actualized) AS actualized
  FROM effect GROUP BY category, source, dor
  HAVING sum(plan) <> 0 OR sum(forecast) <> 0 OR sum(actual) <> 0 OR sum(records) <> 0 OR sum(actualized) <> 0
),
totals AS (
  INSERT INTO kpi_slot AS s (organization_id, category, source, dor, slot, plan_cost, forecast_cost, actual_cost,
    record_count, actualized_count)
  SELECT $1, category, source, dor, $7::smallint, plan, forecast, actual, records, actualized FROM delta ORDER BY category, source, dor
  ON CONFLICT (organization_id, category, source, dor, slot) DO UPDATE
  SET plan_cost = s.plan_cost + excluded.plan_cost, forecast_cost = s.forecast_cost + excluded.forecast_cost,
    actual_cost = s.actual_cost + excluded.actual_cost, record_count = s.record_count + excluded.record_count,
    actualized_count = s.actualized_count + excluded.actualized_count
),
lineage AS (
  INSERT INTO kpi_change (organization_id, category, source, dor, cause, cause_id, plan_cost, forecast_cost,
    actual_cost, record_count, actualized_count)
  SELECT $1, category, source, dor, $8, $9, plan, forecast, actual, records, actualized FROM delta
),
listed AS (
  -- Issues of single events and of foreign pages, with their message: of an event that is delivered again they are
  -- there.
  INSERT INTO sync_record_issue (stream, organization_id, pfa_id, field, code, raw, rejected, topic, partition, kafka_offset,
    event_key, event_part)
  SELECT $13, $1, i.pfa_id, i.field, i.code, i.raw, i.rejected, $25, $26::int, i.kafka_offset, i.event_key::uuid, i.event_part
  FROM unnest($18::text[], $19::text[], $20::text[], $21::text[], $22::bool[], $27::int8[], $28::text[], $29::int4[])
    AS i (pfa_id, field, code, raw, rejected, kafka_offset, event_key, event_part)
  WHERE NOT EXISTS (SELECT FROM own)
  ORDER BY i.event_key, i.event_part
  ON CONFLICT (organization_id, event_key, event_part) WHERE event_key IS NOT NULL DO NOTHING
  RETURNING rejected
),
counted AS MATERIALIZED (
  -- A rejected record counts with its issue.
  SELECT CASE WHEN EXISTS (SELECT FROM own) THEN $16::int ELSE (SELECT count(*) FROM listed WHERE rejected)::int END AS rejected,
    (SELECT count(*) FROM added)::int AS inserted,
    (SELECT count(*) FROM changed WHERE NOT is_conflict AND (old_discontinued OR NOT is_discontinued))::int AS updated,
    (SELECT count(*) FROM changed WHERE NOT is_conflict AND NOT old_discontinued AND is_discontinued)::int AS discontinued,
    (SELECT count(*) FROM changed WHERE is_conflict)::int AS conflicted,
    $17::int + cardinality($23::text[]) + (SELECT count(*) FROM advanced)::int + (SELECT count(*) FROM confirmed)::int
      + (SELECT count(*) FROM known
        WHERE id IS NOT NULL AND NOT newer AND NOT confirms AND same_content AND (same_order OR block IS NULL))::int AS unchanged
),
outcome AS MATERIALIZED (
  SELECT c.*, $15::int - $16::int + c.rejected AS received,
    $15::int - $16::int - c.inserted - c.updated - c.discontinued - c.unchanged - c.conflicted AS stale
  FROM counted c
),
page AS (
  UPDATE sync_page p
  SET state = 'applied', received = o.received, inserted = o.inserted, updated = o.updated, unchanged = o.unchanged,
    stale = o.stale, discontinued = o.discontinued, conflicted = o.conflicted, rejected = o.rejected, applied_at = now(),
    seen = CASE WHEN p.keep_seen AND NOT p.is_late THEN $2 || $23 || array_remove($18::text[], NULL) END
  FROM outcome o
  WHERE p.job_id = $10::uuid AND p.page = $11::int AND p.event_id = $12 AND p.state = 'allocated'
  RETURNING p.job_id, p.is_late, p.received, p.inserted, p.updated, p.unchanged, p.stale, p.discontinued, p.conflicted, p.rejected
),
late AS (
  UPDATE pfa_sync_log l
  SET received = l.received + p.received, inserted = l.inserted + p.inserted, updated = l.updated + p.updated,
    unchanged = l.unchanged + p.unchanged, stale = l.stale + p.stale, discontinued = l.discontinued + p.discontinued,
    conflicted = l.conflicted + p.conflicted, rejected = l.rejected + p.rejected, pages = l.pages + 1
  FROM page p WHERE p.is_late AND l.job_id = ANY (ARRAY[p.job_id])
),
run AS (
  INSERT INTO pfa_sync_log AS l (stream, organization_id, sync_type, status, received, inserted, updated, unchanged, stale,
    discontinued, conflicted, rejected, pages, completed_at)
  SELECT $13, $1, $14, CASE WHEN o.rejected > 0 THEN 'completed_with_errors' ELSE 'completed' END, o.received, o.inserted,
    o.updated, o.unchanged, o.stale, o.discontinued, o.conflicted, o.rejected, 1, now()
  FROM outcome o
  WHERE o.received > 0 AND NOT EXISTS (SELECT FROM own)
  ON CONFLICT (organization_id, stream) DO UPDATE
  SET received = l.received + excluded.received, inserted = l.inserted + excluded.inserted, updated = l.updated + excluded.updated,
    unchanged = l.unchanged + excluded.unchanged, stale = l.stale + excluded.stale,
    discontinued = l.discontinued + excluded.discontinued, conflicted = l.conflicted + excluded.conflicted,
    rejected = l.rejected + excluded.rejected, pages = l.pages + 1,
    completed_at = now(),
    status = CASE WHEN l.status = 'completed' THEN excluded.status ELSE l.status END
  RETURNING 1
),
issues AS (
  INSERT INTO sync_record_issue (job_id, organization_id, page, pfa_id, field, code, raw, rejected, topic, partition, kafka_offset)
  SELECT $10::uuid, $1, $11::int, i.pfa_id, i.field, i.code, i.raw, i.rejected, $25, $26::int, i.kafka_offset
  FROM unnest($18::text[], $19::text[], $20::text[], $21::text[], $22::bool[], $27::int8[])
    AS i (pfa_id, field, code, raw, rejected, kafka_offset)
  WHERE EXISTS (SELECT FROM page)
)
SELECT inserted, updated, discontinued, unchanged, stale, conflicted, rejected,
  EXISTS (SELECT FROM page) OR EXISTS (SELECT FROM run) AS counted
FROM outcome
