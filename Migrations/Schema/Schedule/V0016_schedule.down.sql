-- What was fired when is lost; jobs stay. An event of a firing that is delivered again still finds its job.
REVOKE DELETE ON sync_job, pfa_sync_log, sync_record_issue, dead_letter, sync_event FROM syncline_system;
DROP TABLE job_firing;
DROP TABLE job_schedule;
DROP FUNCTION hold_schedule(bigint, int);
DROP TABLE scheduler_lease;
