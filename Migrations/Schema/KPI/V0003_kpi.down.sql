-- Totals come back by `kpi rebuild`; the lineage of earlier changes is lost.
DROP TABLE kpi_change;
DROP TABLE kpi_slot;
DROP FUNCTION pfa_phase_cost(text, numeric, numeric, date, date);
