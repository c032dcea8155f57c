DROP FUNCTION search_records(jsonb, text, integer, boolean);
