-- apply_records.sql without totals, lineage and open edits, for `bench kpi`: what keeping them costs is the difference.
-- A test holds the two against each other. Parameters, locks and indexes as there.
-- $1 organization  $2 pfaIds, unique in the batch, ascending  $3 blocks  $4 indexes  $5 content hashes  $6 data as
-- JSON text
-- $7 KPI slot  $8 cause (read_sync, event)  $9 cause id
-- $10 job  $11 page  $12 event id: the page of a job that the batch is; null for single events
-- $13 stream: where batches without a page of their own are counted  $14 sync type of that row
-- $15 received, with rejected and duplicates  $16 rejected  $17 duplicates with equal content
-- $18 issue pfaIds  $19 fields  $20 codes  $21 raw values  $22 whether the record was rejected
-- $23 ids of records that came without data  $24 $25 $26 $27 $28 $29 as there, unused
WITH incoming AS MATERIALIZED (
  SELECT * FROM unnest($2::text[], $3::int8[], $4::int8[], $5::int8[], $6::text[]) AS t (pfa_id, block, index, hash, data)
),
known AS MATERIALIZED (
  SELECT i.pfa_id, i.block, i.index, i.hash, i.data, m.id, m.content_hash = i.hash AS same_content,
    (i.block, i.index) IS NOT DISTINCT FROM (m.source_block, m.source_index) AS same_order,
    CASE
      WHEN m.id IS NULL THEN false
      WHEN i.block IS NULL THEN m.content_hash IS DISTINCT FROM i.hash OR m.swept_by IS NOT NULL
      WHEN m.source_block IS NULL THEN true
      WHEN m.swept_by IS NOT NULL THEN true
      ELSE (i.block, i.index) > (m.source_block, m.source_index)
    END AS newer
  FROM incoming i
  LEFT JOIN LATERAL (
    SELECT p.id, p.content_hash, p.source_block, p.source_index, p.swept_by
    FROM pfa_mirror p WHERE p.organization_id = $1 AND p.pfa_id = i.pfa_id
    OFFSET 0
  ) m ON true
),
locked AS MATERIALIZED (
  SELECT m.*, k.data, k.block, k.index, k.hash, m.swept_by IS NULL AND m.content_hash IS NOT DISTINCT FROM k.hash AS same_content
  FROM (SELECT * FROM known WHERE newer ORDER BY pfa_id) k
  CROSS JOIN LATERAL (
    SELECT p.id, p.content_hash, p.swept_by, p.is_discontinued
    FROM pfa_mirror p
    WHERE p.organization_id = $1 AND p.pfa_id = k.pfa_id
      AND CASE
        WHEN k.block IS NULL THEN p.content_hash IS DISTINCT FROM k.hash OR p.swept_by IS NOT NULL
        WHEN p.source_block IS NULL THEN true
        WHEN p.swept_by IS NOT NULL THEN true
        ELSE (k.block, k.index) > (p.source_block, p.source_index)
      END
    FOR NO KEY UPDATE
  ) m
),
advanced AS (
  UPDATE pfa_mirror m SET source_block = l.block, source_index = l.index
  FROM locked l WHERE m.id = ANY (ARRAY[l.id]) AND l.same_content
  RETURNING 1
),
changed AS (
  UPDATE pfa_mirror m
  SET data = l.data::jsonb, version = m.version + 1, source_block = coalesce(l.block, m.source_block),
    source_index = coalesce(l.index, m.source_index), content_hash = l.hash, swept_by = NULL, last_synced_at = now(), updated_at = now()
  FROM locked l WHERE m.id = ANY (ARRAY[l.id]) AND NOT l.same_content
  RETURNING l.is_discontinued AS old_discontinued, m.is_discontinued
),
added AS (
  INSERT INTO pfa_mirror AS m (id, organization_id, pfa_id, data, source_block, source_index, content_hash, last_synced_at)
  SELECT md5($1 || chr(31) || k.pfa_id)::uuid, $1, k.pfa_id, k.data::jsonb, k.block, k.index, k.hash, now()
  FROM known k WHERE k.id IS NULL
  RETURNING 1
),
-- Parameters that only the whole statement needs; they must have types.
unused AS (SELECT $7::int, $8::text, $9::text, $24::int8[], $25::text, $26::int, $27::int8[], $28::text[], $29::int4[]),
counted AS MATERIALIZED (
  SELECT (SELECT count(*) FROM added)::int AS inserted,
    (SELECT count(*) FROM changed WHERE old_discontinued OR NOT is_discontinued)::int AS updated,
    (SELECT count(*) FROM changed WHERE NOT old_discontinued AND is_discontinued)::int AS discontinued,
    $17::int + cardinality($23::text[]) + (SELECT count(*) FROM advanced)::int
      + (SELECT count(*) FROM known WHERE id IS NOT NULL AND NOT newer AND same_content AND (same_order OR block IS NULL))::int AS unchanged
),
outcome AS MATERIALIZED (
  SELECT c.*, $15::int - $16::int - c.inserted - c.updated - c.discontinued - c.unchanged AS stale FROM counted c
),
page AS (
  UPDATE sync_page p
  SET state = 'applied', received = $15, inserted = o.inserted, updated = o.updated, unchanged = o.unchanged, stale = o.stale,
    discontinued = o.discontinued, rejected = $16, applied_at = now(),
    seen = CASE WHEN p.keep_seen THEN $2 || $23 || array_remove($18::text[], NULL) END
  FROM outcome o
  WHERE p.job_id = $10::uuid AND p.page = $11::int AND p.event_id = $12 AND p.state = 'allocated'
  RETURNING 1
),
run AS (
  INSERT INTO pfa_sync_log AS l (stream, organization_id, sync_type, status, received, inserted, updated, unchanged, stale,
    discontinued, rejected, pages, completed_at)
  SELECT $13, $1, $14, CASE WHEN $16 > 0 THEN 'completed_with_errors' ELSE 'completed' END, $15, o.inserted, o.updated,
    o.unchanged, o.stale, o.discontinued, $16, 1, now()
  FROM outcome o
  WHERE NOT EXISTS (SELECT FROM sync_page p WHERE p.job_id = $10::uuid AND p.page = $11::int AND p.event_id = $12)
  ON CONFLICT (organization_id, stream) DO UPDATE
  SET received = l.received + excluded.received, inserted = l.inserted + excluded.inserted, updated = l.updated + excluded.updated,
    unchanged = l.unchanged + excluded.unchanged, stale = l.stale + excluded.stale, discontinued = l.discontinued + excluded.discontinued,
    rejected = l.rejected + excluded.rejected, pages = l.pages + 1, completed_at = now(),
    status = CASE WHEN l.status = 'completed' THEN excluded.status ELSE l.status END
  RETURNING 1
),
issues AS (
  INSERT INTO sync_record_issue (job_id, stream, organization_id, page, pfa_id, field, code, raw, rejected)
  SELECT CASE WHEN EXISTS (SELECT FROM page) THEN $10::uuid END, CASE WHEN EXISTS (SELECT FROM run) THEN $13 END, $1,
    CASE WHEN EXISTS (SELECT FROM page) THEN $11::int END, i.pfa_id, i.field, i.code, i.raw, i.rejected
  FROM unnest($18::text[], $19::text[], $20::text[], $21::text[], $22::bool[]) AS i (pfa_id, field, code, raw, rejected)
  WHERE EXISTS (SELECT FROM page) OR EXISTS (SELECT FROM run)
)
SELECT inserted, updated, discontinued, unchanged, stale, EXISTS (SELECT FROM page) OR EXISTS (SELECT FROM run) AS counted FROM outcome
