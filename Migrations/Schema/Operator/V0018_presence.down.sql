-- Forgets who works and what was asked for.
DROP TABLE job_request;
DROP TABLE live_worker;
