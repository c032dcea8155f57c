-- The mirror: one row per PFA record. `data` is the effective record; the generated columns are what queries filter,
-- sort and sum by.

CREATE TABLE pfa_mirror (
  -- Derived from the natural key: the same record has the same id in every database, and a replay after a loss
  -- restores it.
  id                    uuid NOT NULL,
  organization_id       text NOT NULL REFERENCES organization (id),
  pfa_id                text NOT NULL CHECK (pfa_id <> ''),
  data                  jsonb NOT NULL CHECK (jsonb_typeof(data) = 'object'),
  -- PEMS' own values of the fields that committed edits override; null when there are none.
  pending_base          jsonb,
  version               integer NOT NULL DEFAULT 1 CHECK (version > 0),
  -- How new PEMS says the record is; compared as a pair. Null: the upstream gave no order, then content_hash decides.
  source_block          bigint,
  source_index          bigint,
  -- XXH64 of PEMS' canonical content.
  content_hash          bigint,
  -- The job whose orphan sweep discontinued the row: our inference, not PEMS' word, so the record is taken back at
  -- an equal order.
  swept_by              uuid,
  -- When content from PEMS was last written here. An unchanged re-read writes nothing, so it does not move.
  last_synced_at        timestamptz,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),

  category              text GENERATED ALWAYS AS (data ->> 'category') STORED,
  class                 text GENERATED ALWAYS AS (data ->> 'class') STORED,
  source                text GENERATED ALWAYS AS (data ->> 'source') STORED,
  dor                   text GENERATED ALWAYS AS (data ->> 'dor') STORED,
  area_silo             text GENERATED ALWAYS AS (data ->> 'areaSilo') STORED,
  manufacturer          text GENERATED ALWAYS AS (data ->> 'manufacturer') STORED,
  model                 text GENERATED ALWAYS AS (data ->> 'model') STORED,
  monthly_rate          numeric(20,2) GENERATED ALWAYS AS (pfa_money(data -> 'monthlyRate')) STORED,
  purchase_price        numeric(20,2) GENERATED ALWAYS AS (pfa_money(data -> 'purchasePrice')) STORED,
  original_start        date GENERATED ALWAYS AS (pfa_date(data ->> 'originalStart')) STORED,
  original_end          date GENERATED ALWAYS AS (pfa_date(data ->> 'originalEnd')) STORED,
  forecast_start        date GENERATED ALWAYS AS (pfa_date(data ->> 'forecastStart')) STORED,
  forecast_end          date GENERATED ALWAYS AS (pfa_date(data ->> 'forecastEnd')) STORED,
  actual_start          date GENERATED ALWAYS AS (pfa_date(data ->> 'actualStart')) STORED,
  actual_end            date GENERATED ALWAYS AS (pfa_date(data ->> 'actualEnd')) STORED,
  is_actualized         boolean NOT NULL GENERATED ALWAYS AS (pfa_flag(data -> 'isActualized')) STORED,
  is_discontinued       boolean NOT NULL GENERATED ALWAYS AS (pfa_flag(data -> 'isDiscontinued')) STORED,
  is_funds_transferable boolean NOT NULL GENERATED ALWAYS AS (pfa_flag(data -> 'isFundsTransferable')) STORED,
  has_plan              boolean NOT NULL GENERATED ALWAYS AS (pfa_flag(data -> 'hasPlan')) STORED,
  has_actuals           boolean NOT NULL GENERATED ALWAYS AS (pfa_flag(data -> 'hasActuals')) STORED,
  contract              text GENERATED ALWAYS AS (data ->> 'contract') STORED
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
