-- The functions as they were before.
CREATE OR REPLACE FUNCTION pfa_merge_read(incoming jsonb, effective jsonb, pending jsonb) RETURNS pfa_merge
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  merged pfa_merge := (incoming, '{}', '{}');
  field text;
  theirs jsonb;
  ours jsonb;
BEGIN
  FOR field IN SELECT jsonb_object_keys(pending) LOOP
    theirs := coalesce(incoming -> field, 'null');
    ours := coalesce(effective -> field, 'null');
    CONTINUE WHEN theirs = ours;
    merged.data := merged.data || jsonb_build_object(field, ours);
    merged.pending_base := merged.pending_base || jsonb_build_object(field, theirs);
    IF theirs <> pending -> field THEN merged.conflicts := merged.conflicts || field; END IF;
  END LOOP;
  IF merged.pending_base = '{}' THEN merged.pending_base := NULL; END IF;
  RETURN merged;
END
$$;

CREATE OR REPLACE FUNCTION pfa_changed_fields(fields text[], before jsonb, after jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT array_agg(DISTINCT f ORDER BY f) FROM unnest(fields) f
  WHERE coalesce(before -> f, 'null') <> coalesce(after -> f, 'null')), '{}');

DROP FUNCTION pfa_value(jsonb, text);
