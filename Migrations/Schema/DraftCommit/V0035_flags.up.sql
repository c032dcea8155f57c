-- A flag that a record does not give says no, as its column does: PEMS' no is no change of it.

-- What a record says of a field; null where it says nothing.
CREATE FUNCTION pfa_value(content jsonb, field text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN field IN ('isActualized', 'isDiscontinued', 'isFundsTransferable') THEN to_jsonb(pfa_flag(content -> field))
  ELSE coalesce(content -> field, 'null') END;

-- As V0009 has it, of what the fields say.
CREATE OR REPLACE FUNCTION pfa_merge_read(incoming jsonb, effective jsonb, pending jsonb) RETURNS pfa_merge
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  merged pfa_merge := (incoming, '{}', '{}');
  field text;
  theirs jsonb;
  ours jsonb;
BEGIN
  FOR field IN SELECT jsonb_object_keys(pending) LOOP
    theirs := pfa_value(incoming, field);
    ours := pfa_value(effective, field);
    CONTINUE WHEN theirs = ours;
    merged.data := merged.data || jsonb_build_object(field, ours);
    merged.pending_base := merged.pending_base || jsonb_build_object(field, theirs);
    IF theirs <> pfa_value(pending, field) THEN merged.conflicts := merged.conflicts || field; END IF;
  END LOOP;
  IF merged.pending_base = '{}' THEN merged.pending_base := NULL; END IF;
  RETURN merged;
END
$$;

-- As V0011 has it, of what the fields say.
CREATE OR REPLACE FUNCTION pfa_changed_fields(fields text[], before jsonb, after jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT array_agg(DISTINCT f ORDER BY f) FROM unnest(fields) f
  WHERE pfa_value(before, f) <> pfa_value(after, f)), '{}');
