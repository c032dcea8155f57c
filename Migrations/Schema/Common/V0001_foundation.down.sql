-- The roles stay: they belong to the cluster, and other databases may use them.
DROP TABLE organization;
DROP FUNCTION touch_updated_at();
DROP FUNCTION pfa_flag(jsonb);
DROP FUNCTION pfa_money(jsonb);
DROP FUNCTION pfa_date(text);
DROP FUNCTION syncline_organization();
REVOKE USAGE ON SCHEMA public FROM syncline_worker, syncline_app, syncline_reader;
