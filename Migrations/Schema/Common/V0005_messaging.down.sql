-- Offsets, dead letters and unpublished messages are lost: stop the workers first; the topics are read again from the
-- start.
DROP TRIGGER sync_job_announce ON sync_job;
DROP FUNCTION sync_job_announce();
DROP FUNCTION sync_job_document(sync_job);
DROP TABLE outbox;
DROP TABLE dead_letter;
DROP FUNCTION advance_offset(text, text, int, bigint, bigint, bigint);
DROP TABLE consumer_offset;
