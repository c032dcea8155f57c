-- Which of the records that were read upstream the mirror has already, with this order and this content: to apply them
-- would change nothing, so their data need not travel through Kafka. Nothing is locked; a row that changes afterwards
-- only becomes newer, and the record is then unchanged or stale all the same.
-- $1 organization  $2 pfaIds  $3 blocks  $4 indexes  $5 content hashes
-- Result: their positions in the arrays, from 1. Under become_applier.sql; index pfa_mirror_key, one probe a record.
SELECT i.position::int4
FROM unnest($2::text[], $3::int8[], $4::int8[], $5::int8[]) WITH ORDINALITY AS i (pfa_id, block, index, hash, position)
CROSS JOIN LATERAL (
  SELECT p.content_hash, p.source_block, p.source_index, p.swept_by
  FROM pfa_mirror p WHERE p.organization_id = $1 AND p.pfa_id = i.pfa_id
  OFFSET 0
) m
WHERE m.content_hash = i.hash AND m.swept_by IS NULL
  AND (i.block IS NULL OR (i.block, i.index) = (m.source_block, m.source_index))
