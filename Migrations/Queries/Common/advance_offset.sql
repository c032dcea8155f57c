-- Moves a partition's position by compare-and-set; SY001 when the caller lost it.
-- $1 group  $2 topic  $3 partition  $4 epoch  $5 expected position  $6 next position
SELECT advance_offset($1, $2, $3::int, $4::bigint, $5::bigint, $6::bigint)
