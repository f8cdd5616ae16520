-- Gift cards and store credit: what is owed to a bearer or a customer, and the ledger of each.

-- kind: 20 gift card, 21 store credit. code: SHA-256 of the code of a gift card; the code itself is nowhere. customer: an
-- id or the normalized e-mail of a guest. left_over: the sum of the ledger. hash: head of the ledger's chain.
CREATE TABLE raw_credit (
  kind       smallint NOT NULL CHECK (kind IN (20, 21)),
  id         uuid NOT NULL,
  code       bytea CHECK (length(code) = 32),
  customer   text COLLATE "C",
  currency   text COLLATE "C" NOT NULL,
  left_over  bigint NOT NULL CHECK (left_over >= 0),
  entries    bigint NOT NULL CHECK (entries >= 0),
  hash       bytea NOT NULL CHECK (length(hash) = 32),
  active     boolean NOT NULL,
  expires_at bigint,
  created_at bigint NOT NULL,
  version    bigint NOT NULL CHECK (version > 0),
  PRIMARY KEY (kind, id),
  CHECK ((code IS NULL) <> (customer IS NULL))
);
CREATE UNIQUE INDEX raw_credit_code ON raw_credit (code);
CREATE UNIQUE INDEX raw_credit_customer ON raw_credit (customer, currency);

-- entry: 0 issued, 1 redeemed, 2 given back, 3 refunded, 4 corrected. amount: what it adds to what is left.
CREATE TABLE raw_credit_entry (
  kind     smallint NOT NULL,
  id       uuid NOT NULL,
  seq      bigint NOT NULL CHECK (seq > 0),
  at       bigint NOT NULL,
  entry    smallint NOT NULL CHECK (entry BETWEEN 0 AND 4),
  amount   bigint NOT NULL CHECK (amount <> 0 AND (entry = 4 OR (amount < 0) = (entry = 1))),
  currency text COLLATE "C" NOT NULL,
  payment  uuid,
  reason   text,
  link     bigint NOT NULL,
  PRIMARY KEY (kind, id, seq)
);
CREATE TRIGGER raw_credit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON raw_credit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION raw_refuse('a ledger');

CREATE VIEW gift_cards AS
SELECT id_text('gc_', id) AS id, decimal_of(left_over, currency) AS left_over, currency, active,
  moment(expires_at) AS expires_at, moment(created_at) AS created_at
FROM raw_credit WHERE kind = 20;

CREATE VIEW store_credits AS
SELECT id_text('sc_', id) AS id, customer, decimal_of(left_over, currency) AS left_over, currency, active,
  moment(created_at) AS created_at
FROM raw_credit WHERE kind = 21;

CREATE VIEW credit_history AS
SELECT moment(e.at) AS at, id_text(CASE e.kind WHEN 20 THEN 'gc_' ELSE 'sc_' END, e.id) AS credit_id,
  CASE e.entry WHEN 0 THEN 'issued' WHEN 1 THEN 'redeemed' WHEN 2 THEN 'given_back' WHEN 3 THEN 'refunded'
    WHEN 4 THEN 'corrected' END AS entry,
  CASE WHEN e.amount < 0 THEN '-' ELSE '' END || decimal_of(abs(e.amount), e.currency) AS amount, e.currency,
  o.number AS order_number, e.reason, e.seq
FROM raw_credit_entry e
LEFT JOIN raw_payment p ON p.id = e.payment
LEFT JOIN raw_order o ON o.id = p."order";

-- As before, with the records and events of gift cards and store credit.
CREATE OR REPLACE FUNCTION record_text(kind smallint, id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN id_text(CASE kind
  WHEN 1 THEN 'cart_' WHEN 2 THEN 'cat_' WHEN 3 THEN 'chan_' WHEN 4 THEN 'chk_' WHEN 5 THEN 'cust_' WHEN 6 THEN 'dm_'
  WHEN 7 THEN 'ful_' WHEN 8 THEN 'ord_' WHEN 9 THEN 'pay_' WHEN 10 THEN 'pl_' WHEN 11 THEN 'prod_' WHEN 12 THEN 'promo_'
  WHEN 13 THEN 'loc_' WHEN 14 THEN 'tz_' WHEN 15 THEN 'var_' WHEN 16 THEN 'imp_' WHEN 17 THEN 'fee_'
  WHEN 20 THEN 'gc_' WHEN 21 THEN 'sc_' ELSE '' END, id);
CREATE OR REPLACE VIEW events AS
SELECT e.seq, moment(e.at) AS at,
  CASE e.kind WHEN 1 THEN 'product.changed' WHEN 2 THEN 'price.changed' WHEN 3 THEN 'stock.changed'
    WHEN 6 THEN 'order.placed' WHEN 7 THEN 'order.canceled' WHEN 8 THEN 'payment.authorized'
    WHEN 9 THEN 'payment.captured' WHEN 10 THEN 'payment.voided' WHEN 11 THEN 'payment.refunded'
    WHEN 12 THEN 'payment.failed' WHEN 13 THEN 'payment.disputed' WHEN 14 THEN 'fulfillment.shipped'
    WHEN 15 THEN 'fulfillment.delivered' WHEN 16 THEN 'fulfillment.changed' WHEN 17 THEN 'category.changed'
    WHEN 20 THEN 'gift_card.changed' WHEN 21 THEN 'store_credit.changed' ELSE 'event.' || e.kind END AS event,
  record_text(e.subject_kind, e.subject) AS subject, e.subject_seq, coalesce(o.number, po.number) AS order_number,
  e.data::text AS data, id_text('cmd_', e.command) AS command
FROM raw_event e
LEFT JOIN raw_order o ON e.subject_kind = 8 AND o.id = e.subject
LEFT JOIN raw_payment p ON e.subject_kind = 9 AND p.id = e.subject
LEFT JOIN raw_order po ON po.id = p."order";
