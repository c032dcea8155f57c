-- The record of an edit, locked before its push is finished. $1 edit
-- Whoever locks a row and updates it in one statement updates by what it saw before it had the lock: when the row has
-- changed in between, it may wait for somebody who waits for it.
SELECT r.id FROM pfa_mirror r WHERE r.id = (SELECT m.mirror_id FROM pfa_modification m WHERE m.id = $1::uuid)
FOR NO KEY UPDATE OF r
