-- What was fired when is lost; jobs stay. An event of a firing that is delivered again still finds its job.
DROP FUNCTION delete_old_history(text, text, bigint, integer);
DROP TABLE job_firing;
DROP TABLE job_schedule;
DROP FUNCTION hold_schedule(bigint, int);
DROP TABLE scheduler_lease;
