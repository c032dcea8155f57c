-- Records as PEMS has them, about 600 bytes of data each. Of ten, four belong to BENCH, the others to six more
-- organizations, unless one is named. $1 first number  $2 the number behind the last  $3 organization, or null
INSERT INTO pfa_mirror (id, organization_id, pfa_id, data, source_block, source_index, content_hash, last_synced_at)
SELECT md5(organization || chr(31) || 'R' || n)::uuid, organization, 'R' || n, jsonb_build_object(
    'pfaId', 'R' || n, 'organization', organization, 'category', 'Category ' || h % 20, 'class', 'Class ' || h / 20 % 7,
    'source', CASE WHEN is_rental THEN 'Rental' ELSE 'Purchase' END, 'dor', CASE WHEN h / 1400 % 5 < 2 THEN 'PROJECT' ELSE 'BEO' END,
    'areaSilo', 'Area ' || i % 13, 'contract', 'C-' || i / 13 % 400, 'equipment', 'EQ-' || n,
    'manufacturer', 'Manufacturer ' || i / 5200 % 31, 'model', 'Model ' || i / 161200 % 900,
    'description', 'Equipment of the plan, line ' || n || ', as the site has asked for it in its request',
    'monthlyRate', CASE WHEN is_rental THEN 1000 + h % 40000 END,
    'purchasePrice', CASE WHEN NOT is_rental THEN 26000 + h % 900000 END,
    'originalStart', starts, 'originalEnd', starts + 20 + h % 380,
    'forecastStart', starts + i % 50 - 10, 'forecastEnd', starts + 60 + i % 400,
    'actualStart', CASE WHEN is_actualized THEN starts + i % 50 END, 'actualEnd', CASE WHEN is_actualized THEN starts + 60 + i % 300 END,
    'isActualized', is_actualized, 'hasActuals', is_actualized, 'hasPlan', true, 'isFundsTransferable', i % 4 = 0,
    'isDiscontinued', h % 50 = 0, 'lastModified', '2026-01-01T00:00:00Z'),
  1767225600000 + n, 0, n, now()
FROM (
  SELECT n, coalesce($3::text, CASE WHEN n % 10 < 4 THEN 'BENCH' ELSE 'BENCH' || n % 10 END) AS organization, h, i,
    h / 140 % 10 < 7 AS is_rental, i % 10 < 3 AS is_actualized, '2024-01-01'::date + h % 900 AS starts
  FROM generate_series($1::int8, $2::int8 - 1) n
  CROSS JOIN LATERAL (SELECT hashint8(n) & 2147483647 AS h, hashint8(n + 1000000000000) & 2147483647 AS i OFFSET 0) draw
) record
