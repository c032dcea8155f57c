-- Before a run ends without its waiting messages: whoever applies them finds the mark and adds them to the log row.
-- A statement of its own, so that the sums of the next one see the pages which this one waited for. $1 job
-- Indexes: sync_page_waiting.
UPDATE sync_page SET is_late = true WHERE job_id = $1::uuid AND state = 'allocated'
