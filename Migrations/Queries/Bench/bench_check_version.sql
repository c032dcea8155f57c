-- The check alone: is the record still at this version? $1 record  $2 version. Index: pfa_mirror_pkey.
SELECT version FROM pfa_mirror WHERE id = $1::uuid AND version = $2::int
