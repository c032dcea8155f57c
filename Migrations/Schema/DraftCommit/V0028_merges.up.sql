-- Groups of fields under edits that a read of PEMS meets (domain.md section 2).

-- Why halves of a group do not fit: the kind of the conflict and its fields, sorted.
CREATE TYPE pfa_clash AS (kind text, fields text[]);

-- What a merge makes of the groups that an edit holds a part of, when PEMS has changed another: two halves of one
-- statement are an overlap, dates out of order and a missing rate or price are invalid. Null: they fit, or PEMS has
-- changed nothing there. The rules of EditRules.swift and PushPlan.swift. What PEMS itself leaves out is not the edit's
-- fault. p_delta: the edit; only what is in effect and not yet in PEMS counts. p_theirs: what PEMS says now. p_before:
-- the effective record until now.
CREATE FUNCTION pfa_group_clash(p_delta jsonb, p_merged pfa_merge, p_theirs jsonb, p_before jsonb) RETURNS pfa_clash
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  WITH held AS (
    SELECT coalesce(array_agg(key), '{}') AS fields FROM jsonb_each(p_delta)
    WHERE (p_merged).pending_base ? key AND value = coalesce(p_before -> key, 'null')
  ),
  sides AS (
    SELECT fields AS held, pfa_changed_fields(pfa_companion_fields(fields), p_before, (p_merged).data) AS moved,
      (p_merged).data AS d
    FROM held
  ),
  halves AS (
    SELECT array_agg(f ORDER BY f) AS fields
    FROM sides, (VALUES ('{category,class}'::text[]), ('{manufacturer,model}')) AS g (members), unnest(members) f
    WHERE members && held AND members && moved AND f = ANY (held || moved)
  ),
  dates AS (
    SELECT FROM sides
    WHERE moved && '{forecastStart,forecastEnd}' AND pfa_date(d ->> 'forecastEnd') < pfa_date(d ->> 'forecastStart')
  ),
  price AS (
    SELECT FROM sides, (VALUES ('Rental', 'monthlyRate'), ('Purchase', 'purchasePrice')) AS p (source, field)
    WHERE moved && '{source,monthlyRate,purchasePrice}' AND d ->> 'source' = p.source AND d ->> p.field IS NULL
      AND NOT (coalesce(p_theirs ->> 'source' = p.source, false) AND p_theirs ->> p.field IS NULL)
  )
  SELECT CASE WHEN fields IS NOT NULL THEN ROW('field_overlap', fields)::pfa_clash
    WHEN EXISTS (SELECT FROM dates) THEN ROW('merge_invalid', '{forecastEnd,forecastStart}')::pfa_clash
    WHEN EXISTS (SELECT FROM price) THEN ROW('merge_invalid', '{monthlyRate,purchasePrice,source}')::pfa_clash END
  FROM halves
$$;
