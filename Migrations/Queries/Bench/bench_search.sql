-- Records that contain some JSON as an application asks for them. $1 what they contain. Index: pfa_mirror_data.
SELECT id, pfa_id, data FROM search_records($1::jsonb)
