-- Roll-ups and trend are made again from totals and lineage; closing totals of days older than the lineage are lost.
DROP VIEW operation_statistics;
DROP VIEW operation_logs;
DROP VIEW kpi_rollup;
DROP TABLE kpi_trend_state;
DROP TABLE kpi_trend;
