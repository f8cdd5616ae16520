-- The tables of a shop. Programs and people read the views of 0002; these tables are for the engine.
--
-- Rules that all tables share
-- * An id is 16 bytes, big-endian, without its prefix; `raw_short` gives small numbers to ids that stand in many rows.
-- * Moments are milliseconds since 1970-01-01T00:00:00Z. Amounts are minor units of a currency.
-- * A column of type ANY named after a record holds the small key of an order (its number) or a payment where the writer
--   knew it, else the 16 bytes of the id. The kind of record stands beside it, as the number of its RecordRef.
-- * CHECKs are the second line: what they refuse was refused before, by the guards of the store or the rules of core.

CREATE TABLE raw_counter (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL CHECK (value >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_currency (
  code     TEXT PRIMARY KEY,
  exponent INTEGER NOT NULL,
  unit     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Small numbers for ids that stand in many rows: variants in stock and carts, locations, channels, price lists.
CREATE TABLE raw_short (
  key INTEGER PRIMARY KEY,
  id  BLOB NOT NULL UNIQUE CHECK (length(id) = 16)
) STRICT;

-- Words that many orders share, as frozen when the first of them was opened: what was sold, taxes, price lists. Never
-- changed; `digest` is the first eight bytes of the SHA-256 of `data`.
CREATE TABLE raw_frozen (
  key    INTEGER PRIMARY KEY,
  digest INTEGER NOT NULL,
  data   TEXT NOT NULL
) STRICT;
CREATE INDEX raw_frozen_digest ON raw_frozen (digest);

-- Set-up. kind: 1 shop, 2 channel, 3 stock location, 4 price list, 5 tax zone, 7 delivery method, 8 promotion.
CREATE TABLE raw_setup (
  kind    INTEGER NOT NULL,
  id      BLOB NOT NULL CHECK (length(id) = 16),
  code    TEXT,
  version INTEGER NOT NULL CHECK (version > 0),
  data    TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX raw_setup_code ON raw_setup (kind, code) WHERE code IS NOT NULL;

CREATE TABLE raw_tax_rate (
  zone     BLOB NOT NULL CHECK (length(zone) = 16),
  category TEXT NOT NULL,
  name     TEXT NOT NULL,
  data     TEXT NOT NULL,
  PRIMARY KEY (zone, category, name)
) STRICT, WITHOUT ROWID;

-- Catalog.
CREATE TABLE raw_category (
  id      BLOB PRIMARY KEY CHECK (length(id) = 16),
  parent  BLOB,
  name    TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX raw_category_name ON raw_category (ifnull(parent, x''), name);

-- `data` holds everything that is not looked up, variants included.
CREATE TABLE raw_product (
  key     INTEGER PRIMARY KEY,
  id      BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  handle  TEXT NOT NULL COLLATE NOCASE,
  version INTEGER NOT NULL CHECK (version > 0),
  data    TEXT NOT NULL
) STRICT;
-- Without regard to case, for suggestions; the store itself keeps handles unique letter by letter.
CREATE INDEX raw_product_handle ON raw_product (handle);

CREATE TABLE raw_variant (
  id      BLOB PRIMARY KEY CHECK (length(id) = 16),
  product INTEGER NOT NULL REFERENCES raw_product (key),
  sku     TEXT COLLATE NOCASE,
  barcode TEXT,
  retired INTEGER NOT NULL CHECK (retired IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX raw_variant_sku ON raw_variant (sku, retired) WHERE sku IS NOT NULL;
CREATE INDEX raw_variant_barcode ON raw_variant (barcode, retired) WHERE barcode IS NOT NULL;

-- compare_currency: only where it is another one.
CREATE TABLE raw_price (
  variant          BLOB NOT NULL CHECK (length(variant) = 16),
  list             INTEGER NOT NULL,
  min_quantity     INTEGER NOT NULL,
  amount           INTEGER NOT NULL CHECK (amount >= 0),
  currency         TEXT NOT NULL,
  compare_at       INTEGER,
  compare_currency TEXT,
  PRIMARY KEY (variant, list, min_quantity)
) STRICT, WITHOUT ROWID;

-- Carts. lines: [[line, variant, quantity?], …], quantity 1 left out; status: 0 open, 1 ordered, 2 merged.
CREATE TABLE raw_cart (
  id         BLOB PRIMARY KEY CHECK (length(id) = 16),
  channel    INTEGER NOT NULL,
  customer   BLOB,
  status     INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),
  lines      TEXT NOT NULL,
  coupons    TEXT,
  "order"    ANY,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0)
) STRICT, WITHOUT ROWID;

-- Stock. last_seq: the newest entry of the location's ledger that is about this level. next_expiry: no reservation of
-- this level expires before; it may be earlier than needed, never later.
CREATE TABLE raw_level (
  variant         INTEGER NOT NULL,
  location        INTEGER NOT NULL,
  on_hand         INTEGER NOT NULL CHECK (on_hand BETWEEN 0 AND 4294967295),
  reserved        INTEGER NOT NULL CHECK (reserved >= 0),
  allocated       INTEGER NOT NULL CHECK (allocated >= 0),
  backorder_limit INTEGER NOT NULL CHECK (backorder_limit BETWEEN 0 AND 4294967295),
  safety          INTEGER NOT NULL CHECK (safety BETWEEN 0 AND 4294967295),
  last_seq        INTEGER NOT NULL CHECK (last_seq >= 0),
  next_expiry     INTEGER,
  PRIMARY KEY (variant, location),
  CHECK (reserved + allocated <= on_hand + backorder_limit)
) STRICT, WITHOUT ROWID;

-- Clustered so that what expired of one level is one short range.
CREATE TABLE raw_reservation (
  variant    INTEGER NOT NULL,
  location   INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  checkout   BLOB NOT NULL CHECK (length(checkout) = 16),
  quantity   INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 4294967295),
  PRIMARY KEY (variant, location, expires_at, checkout)
) STRICT, WITHOUT ROWID;

-- One row for the entries that one commit wrote at one location, of one kind and for one cause.
-- seq, nr: of the first entry, in the ledger of the location and in the shop. kind: the number of the MovementKind.
-- entries: [[variant, back, quantity?, reason?], …]; back: how many entries of the location ago the level was moved last,
-- 0 for never; quantity 1 is left out. links: eight bytes of the chain's head after each entry.
CREATE TABLE raw_ledger (
  location   INTEGER NOT NULL,
  seq        INTEGER NOT NULL CHECK (seq > 0),
  nr         INTEGER NOT NULL CHECK (nr > 0),
  at         INTEGER NOT NULL,
  kind       INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 10),
  cause_kind INTEGER,
  cause      ANY,
  entries    TEXT NOT NULL,
  links      BLOB NOT NULL CHECK (length(links) % 8 = 0),
  PRIMARY KEY (location, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_ledger_head (
  location INTEGER PRIMARY KEY,
  seq      INTEGER NOT NULL CHECK (seq > 0),
  hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Orders. status: 0 pending, 1 placed, 2 canceled. Frozen parts:
-- terms: a raw_frozen with channel, currency, how tax and rounding work, country.
-- ship_to: [name, street, postal code, city, country].
-- lines: [[line, goods, ordered, unit price, price, tax, tax total, {more}?], …]; goods, price, tax: raw_frozen.
-- delivery: [method, rate, tax, tax total, {more}?]; method, tax: raw_frozen.
-- extra: promotions that gave something or nothing; the whole quote where it does not fit the columns.
-- events: how many events were told about it.
-- What moves: counts: NULL for no counter of any line, 1 for all lines promised in full and nothing else, else
-- [[line, allocated, canceled, shipped, delivered, return requested, returned, refunded], …], zeros at the end left out.
CREATE TABLE raw_order (
  number      INTEGER PRIMARY KEY,
  id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  cart        BLOB NOT NULL CHECK (length(cart) = 16),
  status      INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),
  terms       INTEGER NOT NULL,
  email       TEXT NOT NULL,
  customer    BLOB,
  ship_to     TEXT NOT NULL,
  lines       TEXT NOT NULL,
  counts      ANY,
  delivery    TEXT,
  total       INTEGER NOT NULL CHECK (total >= 0),
  hash        BLOB NOT NULL CHECK (length(hash) = 32),
  extra       TEXT,
  created_at  INTEGER NOT NULL,
  placed_at   INTEGER,
  canceled_at INTEGER,
  version     INTEGER NOT NULL CHECK (version > 0),
  events      INTEGER NOT NULL CHECK (events >= 0)
) STRICT;
CREATE UNIQUE INDEX raw_order_cart ON raw_order (cart) WHERE status <> 2;
CREATE INDEX raw_order_unplaced ON raw_order (status) WHERE status <> 1;

-- action: 0 opened, 1 placed, else JSON.
CREATE TABLE raw_order_log (
  number  INTEGER NOT NULL REFERENCES raw_order (number),
  version INTEGER NOT NULL CHECK (version > 0),
  at      INTEGER NOT NULL,
  action  ANY NOT NULL,
  PRIMARY KEY (number, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_allocation (
  number   INTEGER NOT NULL,
  line     INTEGER NOT NULL,
  variant  INTEGER NOT NULL,
  location INTEGER NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity >= 0),
  shipped  INTEGER NOT NULL CHECK (shipped >= 0),
  released INTEGER NOT NULL CHECK (released >= 0),
  PRIMARY KEY (number, line, variant, location),
  CHECK (shipped + released <= quantity)
) STRICT, WITHOUT ROWID;

-- status: 0 open, 1 picked, 2 packed, 3 shipped, 4 delivered, 5 canceled, 6 lost, 7 returned. lines: [[line, quantity], …].
CREATE TABLE raw_fulfillment (
  number       INTEGER NOT NULL REFERENCES raw_order (number),
  id           BLOB NOT NULL CHECK (length(id) = 16),
  location     INTEGER NOT NULL,
  status       INTEGER NOT NULL CHECK (status BETWEEN 0 AND 7),
  lines        TEXT NOT NULL,
  shipment     TEXT,
  created_at   INTEGER NOT NULL,
  delivered_at INTEGER,
  version      INTEGER NOT NULL CHECK (version > 0),
  PRIMARY KEY (number, id)
) STRICT, WITHOUT ROWID;

-- Payments. events: how many events were told about it.
CREATE TABLE raw_payment (
  key        INTEGER PRIMARY KEY,
  id         BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  number     INTEGER NOT NULL REFERENCES raw_order (number),
  provider   TEXT NOT NULL,
  method     TEXT NOT NULL,
  amount     INTEGER NOT NULL CHECK (amount >= 0),
  currency   TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0),
  events     INTEGER NOT NULL CHECK (events >= 0)
) STRICT;
CREATE INDEX raw_payment_order ON raw_payment (number);

-- kind: 0 authorized, 1 captured, 2 voided, 3 refunded, 4 failed, 5 disputed. currency: only where it is not the payment's.
CREATE TABLE raw_payment_fact (
  payment   INTEGER NOT NULL REFERENCES raw_payment (key),
  nr        INTEGER NOT NULL CHECK (nr > 0),
  kind      INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 5),
  amount    INTEGER NOT NULL,
  currency  TEXT,
  reference TEXT NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (payment, nr)
) STRICT, WITHOUT ROWID;

-- key: `*` and the rest where it begins with the payment's id, else `=` and the whole.
-- kind: 0 capture, 1 void, 2 refund; status: 0 queued, 1 done, 2 refused.
CREATE TABLE raw_payment_task (
  payment    INTEGER NOT NULL REFERENCES raw_payment (key),
  key        TEXT NOT NULL,
  kind       INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
  amount     INTEGER NOT NULL CHECK (amount >= 0),
  currency   TEXT,
  status     INTEGER NOT NULL CHECK (status BETWEEN 0 AND 2),
  attempts   INTEGER NOT NULL CHECK (attempts >= 0),
  due_at     INTEGER NOT NULL,
  last_error TEXT,
  PRIMARY KEY (payment, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX raw_payment_task_due ON raw_payment_task (due_at) WHERE status = 0;

-- Uses of promotions by orders, and their counts: in all (customer '') and by customer ('=' and the customer).
CREATE TABLE raw_promotion_use (
  number    INTEGER NOT NULL REFERENCES raw_order (number),
  promotion BLOB NOT NULL CHECK (length(promotion) = 16),
  customer  TEXT NOT NULL,
  PRIMARY KEY (number, promotion)
) STRICT, WITHOUT ROWID;
CREATE TABLE raw_promotion_count (
  promotion BLOB NOT NULL CHECK (length(promotion) = 16),
  customer  TEXT NOT NULL,
  uses      INTEGER NOT NULL CHECK (uses >= 0),
  PRIMARY KEY (promotion, customer)
) STRICT, WITHOUT ROWID;

-- What outlives a crash. status: 0 authorizing, 1 placed, 2 unwinding, 3 unwound, 4 stuck.
-- cart: only where it is not that of the order with the same id. "order": only where its id is not the checkout's.
-- reserved: [[variant, location, quantity?], …], quantity 1 left out.
CREATE TABLE raw_checkout (
  id         BLOB PRIMARY KEY CHECK (length(id) = 16),
  cart       BLOB,
  "order"    BLOB,
  payment    ANY,
  status     INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),
  reserved   TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  problem    TEXT,
  version    INTEGER NOT NULL CHECK (version > 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX raw_checkout_open ON raw_checkout (id) WHERE status IN (0, 2, 4);

CREATE TABLE raw_import_run (
  content      BLOB NOT NULL CHECK (length(content) = 32),
  run          INTEGER NOT NULL,
  file         TEXT NOT NULL,
  batches_done INTEGER NOT NULL,
  created      INTEGER NOT NULL,
  updated      INTEGER NOT NULL,
  finished     INTEGER NOT NULL CHECK (finished IN (0, 1)),
  started_at   INTEGER NOT NULL,
  version      INTEGER NOT NULL CHECK (version > 0),
  PRIMARY KEY (content, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw_idempotency (
  key         TEXT PRIMARY KEY,
  content     BLOB NOT NULL CHECK (length(content) = 32),
  answer_kind INTEGER NOT NULL,
  answer      ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Events. subject_kind: only where it is not the usual one of the kind. data: NULL for nothing; a whole number is the
-- total of the order or the amount of the payment that is the subject; else JSON.
CREATE TABLE raw_event (
  seq          INTEGER PRIMARY KEY CHECK (seq > 0),
  kind         INTEGER NOT NULL,
  subject_kind INTEGER,
  subject      ANY NOT NULL,
  subject_seq  INTEGER NOT NULL CHECK (subject_seq > 0),
  at           INTEGER NOT NULL,
  command      BLOB NOT NULL CHECK (length(command) = 16),
  data         ANY,
  link         INTEGER NOT NULL
) STRICT;
-- How many events were told about a subject that is no stored order or payment; those count their own.
CREATE TABLE raw_event_subject (
  kind INTEGER NOT NULL,
  id   BLOB NOT NULL CHECK (length(id) = 16),
  last INTEGER NOT NULL CHECK (last > 0),
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE raw_event_head (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  seq  INTEGER NOT NULL CHECK (seq > 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TABLE raw_cursor (
  consumer TEXT PRIMARY KEY,
  seq      INTEGER NOT NULL CHECK (seq >= 0)
) STRICT, WITHOUT ROWID;
