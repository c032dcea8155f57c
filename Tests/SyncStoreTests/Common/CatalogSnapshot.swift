import Postgres

/// Everything that migrations make in schema public, one line each, to be compared: a way down must leave what was
/// there before.
func catalogSnapshot(_ session: PGSession) throws -> [String] {
  try session.list(
    """
    WITH rel AS (
      SELECT c.* FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'schema_migration%'
    ), acl AS (
      SELECT 'relation ' || relname AS object, coalesce(relacl, acldefault('r', relowner)) AS entries
      FROM rel WHERE relkind IN ('r', 'v', 'm', 'p')
      UNION ALL
      SELECT 'function ' || p.oid::regprocedure::text, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc p
      WHERE pronamespace = 'public'::regnamespace
      UNION ALL
      SELECT 'schema public', coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname = 'public'
    )
    SELECT line FROM (
      SELECT format('%s %s %s rls %s %s', relkind, relname, reloptions, relrowsecurity, relforcerowsecurity) FROM rel
      UNION ALL
      SELECT format('column %s.%s %s null %s default %s %s%s', r.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated)
      FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
      WHERE r.relkind IN ('r', 'p')
      UNION ALL
      SELECT format('constraint %s %s %s', r.relname, c.conname, pg_get_constraintdef(c.oid))
      FROM pg_constraint c JOIN rel r ON r.oid = c.conrelid
      UNION ALL
      SELECT pg_get_indexdef(oid) FROM rel WHERE relkind = 'i'
      UNION ALL
      SELECT format('view %s %s', relname, pg_get_viewdef(oid)) FROM rel WHERE relkind IN ('v', 'm')
      UNION ALL
      SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      UNION ALL
      SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
      UNION ALL
      SELECT format('policy %s', p) FROM pg_policies p WHERE schemaname = 'public'
      UNION ALL
      SELECT format('grant %s %s to %s', a.object, e.privilege_type, coalesce(g.rolname, 'PUBLIC'))
      FROM acl a CROSS JOIN LATERAL aclexplode(a.entries) e LEFT JOIN pg_roles g ON g.oid = e.grantee
    ) lines (line)
    ORDER BY line COLLATE "C"
    """)
}
