-- Each index with the query it serves. What one more costs per written row was measured: performance.md section 1.

ALTER TABLE pfa_mirror ADD CONSTRAINT pfa_mirror_pkey PRIMARY KEY (id);
-- Apply: finds the row of a record.
ALTER TABLE pfa_mirror ADD CONSTRAINT pfa_mirror_key UNIQUE (organization_id, pfa_id);
-- Filter by category, source, class (S1-15).
CREATE INDEX pfa_mirror_group ON pfa_mirror (organization_id, category, source, class) WHERE NOT is_discontinued;
-- The same with a forecast window.
CREATE INDEX pfa_mirror_group_forecast ON pfa_mirror (organization_id, category, source, forecast_start, forecast_end)
  WHERE NOT is_discontinued;
-- Forecast window over all groups (S1-16); earliest forecast start of pfa_timeline_bounds.
CREATE INDEX pfa_mirror_forecast ON pfa_mirror (organization_id, forecast_start, forecast_end) WHERE NOT is_discontinued;
-- The five other ends of pfa_timeline_bounds, one probe each.
CREATE INDEX pfa_mirror_forecast_end ON pfa_mirror (organization_id, forecast_end) WHERE NOT is_discontinued;
CREATE INDEX pfa_mirror_plan_start ON pfa_mirror (organization_id, original_start) WHERE NOT is_discontinued;
CREATE INDEX pfa_mirror_plan_end ON pfa_mirror (organization_id, original_end) WHERE NOT is_discontinued;
CREATE INDEX pfa_mirror_actual_start ON pfa_mirror (organization_id, actual_start) WHERE NOT is_discontinued AND actual_start IS NOT NULL;
CREATE INDEX pfa_mirror_actual_end ON pfa_mirror (organization_id, actual_end) WHERE NOT is_discontinued AND actual_end IS NOT NULL;
-- JSON containment, data @> '{…}' (S1-17). The pending list takes the cost out of the apply; vacuum merges it.
CREATE INDEX pfa_mirror_data ON pfa_mirror USING gin (data jsonb_path_ops) WITH (fastupdate = on, gin_pending_list_limit = 16384);

-- One read sync per organization at a time (R20); a dry run stands beside it.
CREATE UNIQUE INDEX sync_job_one_read ON sync_job (organization_id)
  WHERE kind = 'read_sync' AND state IN ('queued', 'running', 'retrying', 'awaiting_approval')
    AND parameters -> 'dryRun' IS DISTINCT FROM 'true';
-- Claim: due jobs, and running ones whose worker went silent.
CREATE INDEX sync_job_open ON sync_job (kind, priority DESC, run_at) WHERE state IN ('queued', 'running', 'retrying');
-- The gauges: jobs that are not final, and those that ended lately.
CREATE INDEX sync_job_unfinished ON sync_job (state, kind, created_at) WHERE finished_at IS NULL;
CREATE INDEX sync_job_finished ON sync_job (finished_at) WHERE finished_at IS NOT NULL;
-- `jobs list`.
CREATE INDEX sync_job_recent ON sync_job (created_at DESC);
CREATE INDEX sync_job_organization ON sync_job (organization_id, created_at DESC);
-- Pages a job still waits for.
CREATE INDEX sync_page_waiting ON sync_page (job_id) WHERE state = 'allocated';
-- `log list`.
CREATE INDEX pfa_sync_log_recent ON pfa_sync_log (organization_id, started_at DESC);
-- `log show` and `jobs show`.
CREATE INDEX sync_record_issue_job ON sync_record_issue (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX sync_record_issue_stream ON sync_record_issue (organization_id, stream) WHERE stream IS NOT NULL;
-- `kpi explain`: what changed a group in a span of time, and what a job did.
CREATE INDEX kpi_change_group ON kpi_change (organization_id, changed_at);
CREATE INDEX kpi_change_cause ON kpi_change (cause_id);
-- `dead-letters list`.
CREATE INDEX dead_letter_open ON dead_letter (created_at DESC) WHERE status = 'open';
