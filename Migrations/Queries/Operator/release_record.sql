-- Takes the order of a record back. $1 organization  $2 pfaId. Locks: the record. Index: pfa_mirror_key.
SELECT release_record($1, $2) AS released
