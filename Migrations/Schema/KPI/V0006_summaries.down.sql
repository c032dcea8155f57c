-- Nothing is lost: the totals stay in kpi_slot.
DROP VIEW pfa_timeline_bounds;
DROP VIEW pfa_kpi_difference;
DROP VIEW pfa_kpi_recomputed;
DROP VIEW pfa_kpi_summary;
