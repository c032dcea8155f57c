-- Conflicts that reads have told stay open.
DROP FUNCTION pfa_group_clash(jsonb, pfa_merge, jsonb, jsonb);
DROP TYPE pfa_clash;
