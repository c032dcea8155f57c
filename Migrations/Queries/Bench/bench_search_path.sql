-- Leads a benchmark's session to one schema. $1 schema
SELECT set_config('search_path', $1, false)
