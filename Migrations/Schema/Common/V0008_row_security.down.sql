-- Tenants are no longer kept apart after this. The roles stay: they belong to the cluster.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM syncline_worker, syncline_system, syncline_app, syncline_reader;
GRANT SELECT ON organization TO syncline_worker, syncline_app, syncline_reader;
REVOKE EXECUTE ON FUNCTION advance_offset(text, text, int, bigint, bigint, bigint) FROM syncline_worker, syncline_system;
GRANT EXECUTE ON FUNCTION advance_offset(text, text, int, bigint, bigint, bigint) TO PUBLIC;
REVOKE USAGE ON SCHEMA public FROM syncline_system;
DROP POLICY organization_system ON organization;
DROP POLICY pfa_mirror_worker ON pfa_mirror;

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['pfa_mirror', 'kpi_slot', 'kpi_change', 'sync_job', 'sync_page', 'read_checkpoint',
    'source_watermark', 'pfa_sync_log', 'sync_record_issue', 'field_drift'] LOOP
    EXECUTE format('DROP POLICY %I ON %I', tenant_table || '_system', tenant_table);
    EXECUTE format('DROP POLICY %I ON %I', tenant_table || '_tenant', tenant_table);
    EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', tenant_table);
  END LOOP;
END
$$;
