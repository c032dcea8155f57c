-- Bytes of the mirror, its indexes, the edits, and the tables of totals.
SELECT (SELECT count(*) FROM pfa_mirror) AS records,
  pg_relation_size('pfa_mirror') AS mirror_bytes,
  pg_indexes_size('pfa_mirror') AS index_bytes,
  (SELECT count(*) FROM pfa_modification) AS edits,
  pg_total_relation_size('pfa_modification') AS edit_bytes,
  pg_total_relation_size('kpi_slot') + pg_total_relation_size('kpi_change') AS total_bytes,
  pg_database_size(current_database()) AS database_bytes,
  (SELECT avg(pg_column_size(delta)) FROM pfa_modification)::float8 AS delta_bytes,
  (SELECT avg(pg_column_size(data)) FROM (SELECT data FROM pfa_mirror LIMIT 10000) r)::float8 AS data_bytes
