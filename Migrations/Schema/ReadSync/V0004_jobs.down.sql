-- The history of jobs and runs is lost, and incremental reads start anew.
DROP FUNCTION hold_job(uuid, uuid, int);
DROP TABLE field_drift;
DROP TABLE sync_record_issue;
DROP TABLE pfa_sync_log;
DROP TABLE source_watermark;
DROP TABLE read_checkpoint;
DROP TABLE sync_page;
DROP TABLE sync_job;
DROP FUNCTION sync_job_guard();
