-- Applications search by the operator again, which row security keeps from its index.
DROP FUNCTION search_records(jsonb, text, integer, boolean);
