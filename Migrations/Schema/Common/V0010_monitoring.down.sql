-- Nothing is lost.
DROP FUNCTION monitor_sync_performance();
DROP FUNCTION analyze_pfa_query_performance(text, text, text);
