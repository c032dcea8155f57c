-- Jobs of the last month that ended with a code and that nothing has made up for, the newest first: failures, and full
-- reads that a guard kept from their effect.
--
-- Made up for is what was done again; a read that a later success of the organization and source covers (of any source,
-- where there was no such source); a schema change of a project that was changed since; a commit that left neither an
-- open conflict nor one of its drafts. A read that was refused because another one was open needs nobody.
-- $1 how many
-- Indexes: sync_job_troubled, sync_job_retry, sync_job_finished, pfa_modification_commit, pfa_sync_conflict_open,
-- pfa_modification_draft.
SELECT j.id, j.organization_id, j.kind, j.state, j.error_code, j.error_message, j.finished_at,
  j.parameters ->> 'source' AS source, j.parameters ->> 'project_id' AS project,
  j.parameters ->> 'sessionId' AS session, j.parameters ->> 'userId' AS editor,
  EXISTS (SELECT FROM organization o WHERE o.id = j.organization_id AND o.status = 'active') AS is_active
FROM sync_job j
WHERE j.finished_at > now() - interval '30 days' AND j.error_code IS NOT NULL AND j.state IN ('failed', 'succeeded')
  AND (j.state = 'failed' OR j.kind = 'read_sync') AND j.error_code <> 'JOB_ALREADY_RUNNING'
  AND NOT EXISTS (SELECT FROM sync_job r WHERE r.retry_of = j.id)
  AND CASE WHEN j.kind = 'draft_commit' THEN
    EXISTS (SELECT FROM pfa_modification o JOIN pfa_sync_conflict c ON c.modification_id = o.id AND c.status = 'open'
      WHERE o.commit_id = j.id)
    OR j.error_code <> 'CONFLICT' AND EXISTS (SELECT FROM pfa_modification o
      WHERE o.session_id = j.parameters ->> 'sessionId' AND o.sync_state = 'draft' AND o.organization_id = j.organization_id
        AND o.user_id = j.parameters ->> 'userId' AND o.created_at <= j.finished_at)
  ELSE NOT EXISTS (SELECT FROM sync_job r
    WHERE r.organization_id = j.organization_id AND r.kind = j.kind AND r.state = 'succeeded' AND r.kind <> 'draft_commit'
      AND r.finished_at > j.finished_at AND r.error_code IS NULL
      AND CASE j.kind
        WHEN 'read_sync' THEN r.parameters ->> 'mode' IN ('full', j.parameters ->> 'mode')
          AND (j.error_code = 'SOURCE_NOT_FOUND' OR r.parameters -> 'source' IS NOT DISTINCT FROM j.parameters -> 'source')
          AND (r.parameters -> 'dryRun' IS DISTINCT FROM 'true' OR j.parameters -> 'dryRun' = 'true')
        WHEN 'schema_change' THEN r.parameters -> 'project_id' = j.parameters -> 'project_id'
        ELSE true END)
  END
ORDER BY j.finished_at DESC LIMIT $1::int
