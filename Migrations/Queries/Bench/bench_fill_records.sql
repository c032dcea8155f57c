-- Records to edit, each in a group of a few hundred, with a user who may. $1 organization  $2 how many
WITH editor AS (
  INSERT INTO org_permission (user_id, organization_id, level) VALUES ('bench', $1, 'write') ON CONFLICT DO NOTHING
)
INSERT INTO pfa_mirror (id, organization_id, pfa_id, data)
SELECT md5($1 || chr(31) || 'B' || n)::uuid, $1, 'B' || n, jsonb_build_object(
  'pfaId', 'B' || n, 'organization', $1, 'category', 'C' || n % 40, 'class', 'K' || n % 7, 'source', 'Rental', 'dor', 'D' || n % 5,
  'monthlyRate', 1000 + n % 977, 'manufacturer', 'Manufacturer ' || n % 31, 'model', 'Model ' || n % 131,
  'originalStart', '2025-01-15', 'originalEnd', '2025-06-30', 'forecastStart', '2025-01-20', 'forecastEnd', '2025-07-31',
  'isActualized', false, 'isDiscontinued', false, 'isFundsTransferable', n % 3 = 0, 'hasPlan', true, 'hasActuals', false,
  'areaSilo', 'Area ' || n % 13, 'equipment', 'EQ-' || n, 'contract', 'CT-' || n % 17, 'description', repeat('equipment ', 12))
FROM generate_series(0, $2::int - 1) n
