-- KPI totals that change in the transaction that changes the records.
--
-- A single summary row per group would be held by every writer until its commit (measured: a factor of 2.5 to 8 on a
-- hot group). Here a group has one row per slot, a writer adds to the slot of its own lane, and the view sums the
-- slots: exact in every snapshot, and two lanes never wait for each other.

-- Cost of one phase, contract section 6: 0 when a date is missing; Purchase: the price; Rental: days / 30.44 x
-- monthly rate, rounded half away from zero to cents; any other source 0. Multiplied before it is divided. A quotient
-- gets no fewer decimals than its divisor has: with only the four that 10^12 and more would get, 0.49934 cents
-- (380/761, the nearest to a half that there is) would be rounded twice, and up.
CREATE FUNCTION pfa_phase_cost(
  source text, monthly_rate numeric, purchase_price numeric, phase_start date, phase_end date)
RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN phase_start IS NULL OR phase_end IS NULL THEN 0
  WHEN source = 'Rental' THEN coalesce(round(greatest(0, phase_end - phase_start) * monthly_rate / 30.44000000, 2), 0)
  WHEN source = 'Purchase' THEN coalesce(purchase_price, 0)
  ELSE 0 END;

CREATE TABLE kpi_slot (
  organization_id   text NOT NULL REFERENCES organization (id),
  category          text,
  source            text,
  dor               text,
  slot              smallint NOT NULL,
  plan_cost         numeric(38,2) NOT NULL,
  forecast_cost     numeric(38,2) NOT NULL,
  actual_cost       numeric(38,2) NOT NULL,
  record_count      bigint NOT NULL,
  actualized_count  bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (organization_id, category, source, dor, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Every change of a total, with what made it: `kpi explain` sums these rows to the cent.
CREATE TABLE kpi_change (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  organization_id   text NOT NULL,
  category          text,
  source            text,
  dor               text,
  -- What kind of work made the change, and which job, commit or event stream it was.
  cause             text NOT NULL CHECK (cause IN ('read_sync', 'event', 'orphan_sweep', 'draft_commit', 'rebuild')),
  cause_id          text NOT NULL,
  plan_cost         numeric(38,2) NOT NULL,
  forecast_cost     numeric(38,2) NOT NULL,
  actual_cost       numeric(38,2) NOT NULL,
  record_count      bigint NOT NULL,
  actualized_count  bigint NOT NULL,
  changed_at        timestamptz NOT NULL DEFAULT now()
);
