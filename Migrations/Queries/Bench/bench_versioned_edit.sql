-- One edit of an application, at the version its user saw. $1 record  $2 delta  $3 version
SELECT success, new_version, conflict_detected, current_version FROM update_mirror_with_lock($1::uuid, $2::jsonb, $3::int)
