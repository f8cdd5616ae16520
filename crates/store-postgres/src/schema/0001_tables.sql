-- The tables of a shop. Programs and people read the views of 0002; these tables are for the engine.
--
-- Rules that all tables share
-- * A schema holds one shop; the store sets search_path to it alone.
-- * An id is a uuid without its prefix. Moments are milliseconds since 1970-01-01T00:00:00Z. Amounts are minor units.
-- * `data` is the record as core writes it in JSON. Columns beside it are what is looked up, guarded, counted or moved;
--   where both say the same, the column is what is looked up by.
-- * The kind of a record that a row points at stands beside its id, as the number of its RecordRef.
-- * Rows are locked before they are decided on. CHECKs and unique keys are the second line.

CREATE TABLE raw_counter (
  name  text COLLATE "C" PRIMARY KEY,
  value bigint NOT NULL CHECK (value >= 0)
);
INSERT INTO raw_counter (name, value) VALUES ('setup_version', 0), ('products', 0), ('variants', 0), ('order_number', 0);

CREATE TABLE raw_currency (
  code     text COLLATE "C" PRIMARY KEY,
  exponent smallint NOT NULL,
  unit     bigint NOT NULL
);

-- Set-up. kind: 1 shop, 2 channel, 3 stock location, 4 price list, 5 tax zone, 7 delivery method, 8 promotion.
CREATE TABLE raw_setup (
  kind    smallint NOT NULL,
  id      uuid NOT NULL,
  code    text COLLATE "C",
  version bigint NOT NULL CHECK (version > 0),
  data    json NOT NULL,
  PRIMARY KEY (kind, id),
  -- A code may change hands within one commit.
  UNIQUE (kind, code) DEFERRABLE INITIALLY DEFERRED
);

-- Catalog.
CREATE TABLE raw_category (
  id      uuid PRIMARY KEY,
  parent  uuid,
  name    text COLLATE "C" NOT NULL,
  version bigint NOT NULL CHECK (version > 0)
);
CREATE UNIQUE INDEX raw_category_name ON raw_category (coalesce(parent, '00000000-0000-0000-0000-000000000000'), name);

CREATE TABLE raw_product (
  id      uuid PRIMARY KEY,
  handle  text COLLATE "C" NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,
  version bigint NOT NULL CHECK (version > 0),
  data    json NOT NULL
);
-- Without regard to case, for suggestions.
CREATE INDEX raw_product_label ON raw_product (lower(handle) COLLATE "C");

CREATE TABLE raw_variant (
  id      uuid PRIMARY KEY,
  product uuid NOT NULL,
  sku     text COLLATE "C",
  barcode text COLLATE "C",
  retired boolean NOT NULL
);
CREATE INDEX raw_variant_sku ON raw_variant (sku) WHERE NOT retired;
CREATE INDEX raw_variant_label ON raw_variant (lower(sku) COLLATE "C") WHERE NOT retired;
CREATE INDEX raw_variant_barcode ON raw_variant (barcode) WHERE NOT retired;

-- compare_currency: only where it is another one.
CREATE TABLE raw_price (
  variant          uuid NOT NULL,
  list             uuid NOT NULL,
  min_quantity     bigint NOT NULL,
  amount           bigint NOT NULL CHECK (amount >= 0),
  currency         text COLLATE "C" NOT NULL,
  compare_at       bigint,
  compare_currency text COLLATE "C",
  PRIMARY KEY (variant, list, min_quantity)
);

CREATE TABLE raw_cart (
  id      uuid PRIMARY KEY,
  version bigint NOT NULL CHECK (version > 0),
  data    json NOT NULL
);

-- Stock.
CREATE TABLE raw_level (
  variant         uuid NOT NULL,
  location        uuid NOT NULL,
  on_hand         bigint NOT NULL CHECK (on_hand BETWEEN 0 AND 4294967295),
  reserved        bigint NOT NULL CHECK (reserved >= 0),
  allocated       bigint NOT NULL CHECK (allocated >= 0),
  backorder_limit bigint NOT NULL CHECK (backorder_limit BETWEEN 0 AND 4294967295),
  safety          bigint NOT NULL CHECK (safety BETWEEN 0 AND 4294967295),
  PRIMARY KEY (variant, location),
  CHECK (reserved + allocated <= on_hand + backorder_limit)
) WITH (fillfactor = 70);

CREATE TABLE raw_reservation (
  variant    uuid NOT NULL,
  location   uuid NOT NULL,
  expires_at bigint NOT NULL,
  checkout   uuid NOT NULL,
  quantity   bigint NOT NULL CHECK (quantity BETWEEN 1 AND 4294967295),
  PRIMARY KEY (variant, location, expires_at, checkout)
);

-- seq: the place in the ledger of its location. nr: rises with every entry of the shop; gaps mean nothing.
-- kind: the number of the MovementKind. link: the first eight bytes of the chain's head after the entry.
CREATE TABLE raw_movement (
  location   uuid NOT NULL,
  seq        bigint NOT NULL CHECK (seq > 0),
  nr         bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
  at         bigint NOT NULL,
  variant    uuid NOT NULL,
  kind       smallint NOT NULL,
  quantity   bigint NOT NULL CHECK (quantity BETWEEN 0 AND 4294967295),
  cause_kind smallint,
  cause      uuid,
  reason     text,
  link       bigint NOT NULL,
  PRIMARY KEY (location, seq),
  CHECK ((cause_kind IS NULL) = (cause IS NULL))
);
CREATE INDEX raw_movement_variant ON raw_movement (variant, nr);

CREATE TABLE raw_ledger_head (
  location uuid PRIMARY KEY,
  seq      bigint NOT NULL CHECK (seq > 0),
  hash     bytea NOT NULL CHECK (length(hash) = 32)
) WITH (fillfactor = 70);

-- Orders. status: 0 pending, 1 placed, 2 canceled. data: the order as it was opened; what moves stands in columns.
-- counts: {"line": [allocated, canceled, shipped, delivered, return requested, returned, refunded]}, NULL for none.
CREATE TABLE raw_order (
  id          uuid PRIMARY KEY,
  number      bigint NOT NULL UNIQUE,
  cart        uuid NOT NULL,
  status      smallint NOT NULL CHECK (status BETWEEN 0 AND 2),
  counts      json,
  placed_at   bigint,
  canceled_at bigint,
  version     bigint NOT NULL CHECK (version > 0),
  data        json NOT NULL
);
CREATE UNIQUE INDEX raw_order_cart ON raw_order (cart) WHERE status <> 2;
CREATE INDEX raw_order_status ON raw_order (status, number);

CREATE TABLE raw_order_log (
  "order" uuid NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  at      bigint NOT NULL,
  action  json NOT NULL,
  PRIMARY KEY ("order", version)
);

CREATE TABLE raw_allocation (
  "order"  uuid NOT NULL,
  line     bigint NOT NULL,
  variant  uuid NOT NULL,
  location uuid NOT NULL,
  quantity bigint NOT NULL CHECK (quantity >= 0),
  shipped  bigint NOT NULL CHECK (shipped >= 0),
  released bigint NOT NULL CHECK (released >= 0),
  PRIMARY KEY ("order", line, variant, location),
  CHECK (shipped + released <= quantity)
);

CREATE TABLE raw_fulfillment (
  id      uuid PRIMARY KEY,
  "order" uuid NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  data    json NOT NULL
);
CREATE INDEX raw_fulfillment_order ON raw_fulfillment ("order", id);

-- data: with all facts.
CREATE TABLE raw_payment (
  id      uuid PRIMARY KEY,
  "order" uuid NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  data    json NOT NULL
);
CREATE INDEX raw_payment_order ON raw_payment ("order", id);

CREATE TABLE raw_payment_task (
  key     text COLLATE "C" PRIMARY KEY,
  payment uuid NOT NULL,
  is_done boolean NOT NULL,
  -- NULL once it is no longer queued.
  due_at  bigint,
  data    json NOT NULL
);
CREATE INDEX raw_payment_task_payment ON raw_payment_task (payment, key);
CREATE INDEX raw_payment_task_due ON raw_payment_task (due_at, key) WHERE due_at IS NOT NULL;

-- Uses of promotions by orders, and their counts: in all (customer '') and by customer ('=' and who it is).
CREATE TABLE raw_promotion_use (
  "order"   uuid NOT NULL,
  promotion uuid NOT NULL,
  customer  text COLLATE "C" NOT NULL,
  PRIMARY KEY ("order", promotion)
);
CREATE TABLE raw_promotion_count (
  promotion uuid NOT NULL,
  customer  text COLLATE "C" NOT NULL,
  uses      bigint NOT NULL CHECK (uses >= 0),
  PRIMARY KEY (promotion, customer)
) WITH (fillfactor = 70);

-- What outlives a crash.
CREATE TABLE raw_checkout (
  id      uuid PRIMARY KEY,
  is_open boolean NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  data    json NOT NULL
);
CREATE INDEX raw_checkout_open ON raw_checkout (id) WHERE is_open;

CREATE TABLE raw_import_run (
  content bytea NOT NULL CHECK (length(content) = 32),
  run     bigint NOT NULL,
  version bigint NOT NULL CHECK (version > 0),
  data    json NOT NULL,
  PRIMARY KEY (content, run)
);

CREATE TABLE raw_idempotency (
  key         text COLLATE "C" PRIMARY KEY,
  content     bytea NOT NULL CHECK (length(content) = 32),
  answer_kind smallint NOT NULL,
  answer      uuid NOT NULL
);

-- Events. Whoever tells one holds the row of the head until the commit: places are given in the order of commits,
-- without gaps, so that no reader meets an event that appears behind its back.
CREATE TABLE raw_event (
  seq          bigint PRIMARY KEY CHECK (seq > 0),
  kind         smallint NOT NULL,
  subject_kind smallint NOT NULL,
  subject      uuid NOT NULL,
  subject_seq  bigint NOT NULL CHECK (subject_seq > 0),
  at           bigint NOT NULL,
  command      uuid NOT NULL,
  data         json NOT NULL,
  link         bigint NOT NULL
);
CREATE TABLE raw_event_subject (
  kind smallint NOT NULL,
  id   uuid NOT NULL,
  last bigint NOT NULL CHECK (last > 0),
  PRIMARY KEY (kind, id)
) WITH (fillfactor = 70);
CREATE TABLE raw_event_head (
  one  boolean PRIMARY KEY CHECK (one),
  seq  bigint NOT NULL CHECK (seq >= 0),
  hash bytea NOT NULL CHECK (length(hash) = 32)
) WITH (fillfactor = 50);
INSERT INTO raw_event_head (one, seq, hash) VALUES (true, 0, decode(repeat('00', 32), 'hex'));

-- What each process that writes committed last. Its row is changed by every transaction of the process, first of all, so that
-- after a lost answer the row says what became of it: it is locked as long as the transaction runs.
CREATE TABLE raw_writer (
  writer uuid PRIMARY KEY,
  batch  bigint NOT NULL CHECK (batch >= 0),
  at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE raw_cursor (
  consumer text COLLATE "C" PRIMARY KEY,
  seq      bigint NOT NULL CHECK (seq >= 0)
);

-- Long records are packed by the quicker way where the server has it.
DO $$ DECLARE place record; BEGIN
  IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
    FOR place IN SELECT attrelid::regclass AS within, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND atttypid = 'json'::regtype
    LOOP
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', place.within, place.attname);
    END LOOP;
  END IF;
END $$;
