-- JSON containment for applications, by its index: row security must come before an operator that is not leakproof, and
-- then reads every record of the organization.

-- Records of the transaction's organization whose data contain an object, in order of pfa_id, from behind p_after;
-- p_discontinued null: whether discontinued or not. Drafts are not looked at: join pfa_merged_live by id to see them.
--
-- For the application role, with syncline.organization set: it sees what the tenant policy of pfa_mirror lets through,
-- and without an organization nothing. Raises 22023 for what is no object, or a limit that is not 1 to 10,000.
--
-- Where few records are left, the next 2,000 promise a page within 20,000, or very many contain it, they are walked in
-- order; else the hits come by pfa_mirror_data and are sorted. The planner can not choose: nobody counts what contains
-- an object.
CREATE FUNCTION search_records(p_contained jsonb, p_after text DEFAULT NULL, p_limit integer DEFAULT 100,
  p_discontinued boolean DEFAULT false)
RETURNS TABLE (id uuid, pfa_id text, version integer, data jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
  tenant text := syncline_organization();
  is_walked boolean;
BEGIN
  IF jsonb_typeof(p_contained) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION 'INVALID_TYPE: records are searched by a JSON object that they contain' USING ERRCODE = '22023';
  END IF;
  IF p_limit IS NULL OR p_limit NOT BETWEEN 1 AND 10000 THEN
    RAISE EXCEPTION 'INVALID_VALUE: a page has 1 to 10000 records' USING ERRCODE = '22023';
  END IF;
  SELECT count(*) < 2000 OR count(*) FILTER (WHERE near.data @> p_contained) * 10 >= p_limit INTO is_walked
  FROM (SELECT m.data FROM pfa_mirror m WHERE m.organization_id = tenant AND m.pfa_id > coalesce(p_after, '')
    ORDER BY m.pfa_id LIMIT 2000) near;
  IF NOT is_walked THEN
    SELECT count(*) > 20000 INTO is_walked
    FROM (SELECT FROM pfa_mirror m WHERE m.data @> p_contained AND m.organization_id IS NOT DISTINCT FROM tenant LIMIT 20001) hit;
  END IF;
  IF is_walked THEN
    RETURN QUERY SELECT m.id, m.pfa_id, m.version, m.data FROM pfa_mirror m
    -- In words that no index answers: the one of JSON would bring every hit, of every organization.
    WHERE m.organization_id = tenant AND m.pfa_id > coalesce(p_after, '') AND (m.data @> p_contained) IS TRUE
      AND (p_discontinued IS NULL OR m.is_discontinued = p_discontinued)
    ORDER BY m.pfa_id LIMIT p_limit;
  ELSE
    RETURN QUERY WITH hit AS MATERIALIZED (
      SELECT m.id, m.pfa_id FROM pfa_mirror m
      WHERE m.data @> p_contained AND m.organization_id IS NOT DISTINCT FROM tenant
        AND m.pfa_id > coalesce(p_after, '') AND (p_discontinued IS NULL OR m.is_discontinued = p_discontinued)
    ),
    page AS MATERIALIZED (SELECT * FROM hit ORDER BY hit.pfa_id LIMIT p_limit)
    SELECT m.id, m.pfa_id, m.version, m.data FROM page JOIN pfa_mirror m ON m.id = page.id ORDER BY m.pfa_id;
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION search_records(jsonb, text, integer, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_records(jsonb, text, integer, boolean) TO syncline_app;

-- Owned by the role whose policy is unconditional: as anybody else's, but a superuser's, the function would be held to
-- row security itself, and be right, but slow. That is how it stays where the owner of the schema may not give it away.
DO $$
BEGIN
  GRANT CREATE ON SCHEMA public TO syncline_system;
  ALTER FUNCTION search_records(jsonb, text, integer, boolean) OWNER TO syncline_system;
  REVOKE CREATE ON SCHEMA public FROM syncline_system;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'search_records stays with its creator, without the index: %', SQLERRM;
END
$$;
