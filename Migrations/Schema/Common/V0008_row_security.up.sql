-- Tenants are apart: forced row security by organization, and roles that hold no more than their work needs.
--
-- syncline_worker  applies messages; sees the organization of its transaction only
-- syncline_app     applications; sees the organization of its transaction only, writes through functions
-- syncline_reader  read-only, one organization
-- syncline_system  the machinery between tenants: claims jobs, publishes the outbox, verifies KPIs, serves the
-- command line

DO $$
DECLARE
  present text := current_setting('role');
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'syncline_system') THEN
    BEGIN
      CREATE ROLE syncline_system NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END IF;
  -- As in V0001.
  BEGIN
    PERFORM set_config('role', 'syncline_system', true), set_config('role', present, true);
  EXCEPTION WHEN insufficient_privilege THEN
    EXECUTE format('GRANT syncline_system TO %I', current_user);
  END;
END
$$;
GRANT USAGE ON SCHEMA public TO syncline_system;

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['pfa_mirror', 'kpi_slot', 'kpi_change', 'sync_job', 'sync_page', 'read_checkpoint',
    'source_watermark', 'pfa_sync_log', 'sync_record_issue', 'field_drift'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I USING (organization_id = (SELECT syncline_organization())) '
      'WITH CHECK (organization_id = (SELECT syncline_organization()))', tenant_table || '_tenant', tenant_table);
    EXECUTE format('CREATE POLICY %I ON %I TO syncline_system USING (true) WITH CHECK (true)', tenant_table || '_system', tenant_table);
    EXECUTE format('GRANT SELECT ON %I TO syncline_worker, syncline_system, syncline_app, syncline_reader', tenant_table);
  END LOOP;
END
$$;
-- The same tenant for workers in words that no index answers: while the tenant policy alone stands there, the planner
-- of a table that has just begun to fill believes that an organization has one row, and walks all of its rows for
-- each record. Both policies together let through what one does.
CREATE POLICY pfa_mirror_worker ON pfa_mirror TO syncline_worker
  USING (organization_id IS NOT DISTINCT FROM (SELECT syncline_organization()))
  WITH CHECK (organization_id IS NOT DISTINCT FROM (SELECT syncline_organization()));

CREATE POLICY organization_system ON organization TO syncline_system USING (true) WITH CHECK (true);

GRANT INSERT, UPDATE ON pfa_mirror, kpi_slot, sync_job, sync_page, read_checkpoint, source_watermark, pfa_sync_log,
  field_drift TO syncline_worker;
GRANT INSERT ON kpi_change, sync_record_issue, dead_letter, outbox TO syncline_worker;
GRANT SELECT, INSERT, UPDATE ON consumer_offset TO syncline_worker, syncline_system;
GRANT SELECT, INSERT, UPDATE ON organization, sync_job, pfa_sync_log, dead_letter, kpi_slot TO syncline_system;
GRANT INSERT ON kpi_change TO syncline_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO syncline_system;
GRANT SELECT ON pfa_kpi_summary, pfa_kpi_recomputed, pfa_kpi_difference, pfa_timeline_bounds
  TO syncline_worker, syncline_system, syncline_app, syncline_reader;
REVOKE EXECUTE ON FUNCTION advance_offset(text, text, int, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION advance_offset(text, text, int, bigint, bigint, bigint) TO syncline_worker, syncline_system;
