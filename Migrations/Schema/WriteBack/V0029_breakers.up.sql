-- An upstream that fails again and again is left alone by all workers, and then asked by one of them at a time.

ALTER TABLE upstream_budget
  -- Requests that failed since the last answer, until it opened.
  ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  -- How often it has opened since the last answer; 0: everybody may ask.
  ADD COLUMN openings integer NOT NULL DEFAULT 0 CHECK (openings >= 0),
  ADD COLUMN open_since timestamptz,
  -- Nobody asks before.
  ADD COLUMN open_until timestamptz,
  -- One asks now, and nobody else before; null: nobody does.
  ADD COLUMN probe_until timestamptz,
  -- Of the last failure.
  ADD COLUMN error_code text,
  ADD COLUMN error_message text,
  -- Rises with each change of these columns, for compare-and-set.
  ADD COLUMN revision bigint NOT NULL DEFAULT 0,
  ADD CONSTRAINT upstream_budget_open CHECK (
    (openings > 0) = (open_until IS NOT NULL) AND (openings > 0) = (open_since IS NOT NULL)
    AND (probe_until IS NULL OR openings > 0));
