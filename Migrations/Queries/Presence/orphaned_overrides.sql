-- Records that keep PEMS' own value of a field although no edit of it is on its way: nothing would ever clear it. At
-- most 20. Scans all records. Index: pfa_modification_open.
SELECT m.id, m.organization_id, m.pfa_id, array_agg(f.field ORDER BY f.field) AS fields
FROM pfa_mirror m
CROSS JOIN LATERAL jsonb_object_keys(m.pending_base) AS f (field)
WHERE m.pending_base IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM pfa_modification e
    WHERE e.mirror_id = m.id AND e.sync_state IN ('committed', 'syncing', 'conflict', 'failed') AND e.modified_fields @> ARRAY[f.field])
GROUP BY m.id, m.organization_id, m.pfa_id
ORDER BY m.organization_id, m.pfa_id LIMIT 20
