-- Organizations, the roles, the parsers behind the generated columns, and the tenant predicate every policy uses.

-- Roles belong to the cluster, not to a database, and twenty migrators may run at once on several databases: "exists
-- already" is success.
DO $$
DECLARE
  wanted text;
  present text := current_setting('role');
BEGIN
  FOREACH wanted IN ARRAY ARRAY['syncline_worker', 'syncline_app', 'syncline_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END;
    END IF;
    -- The migrating login runs the workers' statements under these roles. Whether it may is tried, not looked up: since
    -- PostgreSQL 16 who makes a role is its member, and may not become it all the same.
    BEGIN
      PERFORM set_config('role', wanted, true), set_config('role', present, true);
    EXCEPTION WHEN insufficient_privilege THEN
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END;
  END LOOP;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO syncline_worker, syncline_app, syncline_reader;

-- The tenant of the running transaction: `SET LOCAL syncline.organization`. Null when none is set: then no row is
-- visible.
CREATE FUNCTION syncline_organization() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('syncline.organization', true), '');

CREATE TABLE organization (
  id          text PRIMARY KEY CHECK (id <> '' AND length(id) <= 100),
  name        text NOT NULL DEFAULT '',
  status      text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
);

-- A calendar date out of 'YYYY-MM-DD', null for anything else and for a day that does not exist. to_date and ::date
-- are not immutable, and make_date raises on 2025-02-30, which would poison a whole batch.
CREATE FUNCTION pfa_date(value text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  y int;
  m int;
  d int;
BEGIN
  IF translate(value, '123456789', '000000000') <> '0000-00-00' THEN RETURN NULL; END IF;
  y := substr(value, 1, 4)::int;
  m := substr(value, 6, 2)::int;
  d := substr(value, 9, 2)::int;
  IF y < 1 OR m NOT BETWEEN 1 AND 12 OR d NOT BETWEEN 1 AND 31 THEN RETURN NULL; END IF;
  IF d > 28 AND d > (CASE
      WHEN m = 2 THEN CASE WHEN (y % 4 = 0 AND y % 100 <> 0) OR y % 400 = 0 THEN 29 ELSE 28 END
      WHEN m IN (4, 6, 9, 11) THEN 30
      ELSE 31 END) THEN
    RETURN NULL;
  END IF;
  RETURN make_date(y, m, d);
END
$$;

-- Money out of a JSON number, rounded half away from zero to cents; null for another type or more than numeric(20,2)
-- holds.
CREATE FUNCTION pfa_money(value jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(value) = 'number' THEN
  CASE WHEN abs(value::numeric) < 999999999999999999.995 THEN round(value::numeric, 2) END END;

-- A JSON true is true; everything else, and a missing field, is false, so that flags are never null.
CREATE FUNCTION pfa_flag(value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(value = 'true'::jsonb, false);

CREATE FUNCTION touch_updated_at() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;

CREATE TRIGGER organization_touch BEFORE UPDATE ON organization FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

ALTER TABLE organization ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization FORCE ROW LEVEL SECURITY;
CREATE POLICY organization_tenant ON organization USING (id = syncline_organization()) WITH CHECK (id = syncline_organization());
GRANT SELECT ON organization TO syncline_worker, syncline_app, syncline_reader;
