-- The record of a conflict, locked. $1 conflict
SELECT m.id, m.pfa_id, m.version, m.data, m.pending_base, pfa_fields_in_flight(m.id) AS in_flight
FROM pfa_mirror m WHERE m.id = (SELECT c.mirror_id FROM pfa_sync_conflict c WHERE c.id = $1::uuid)
FOR NO KEY UPDATE OF m
