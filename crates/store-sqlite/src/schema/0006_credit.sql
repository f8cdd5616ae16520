-- Gift cards and store credit: what is owed to a bearer or a customer, and the ledger of each.

-- kind: 20 gift card, 21 store credit. code: SHA-256 of the code of a gift card; the code itself is nowhere. customer: an
-- id or the normalized e-mail of a guest. left_over: the sum of the ledger. hash: head of the ledger's chain.
CREATE TABLE raw_credit (
  kind       INTEGER NOT NULL CHECK (kind IN (20, 21)),
  id         BLOB NOT NULL CHECK (length(id) = 16),
  code       BLOB CHECK (length(code) = 32),
  customer   TEXT,
  currency   TEXT NOT NULL,
  left_over  INTEGER NOT NULL CHECK (left_over >= 0),
  entries    INTEGER NOT NULL CHECK (entries >= 0),
  hash       BLOB NOT NULL CHECK (length(hash) = 32),
  active     INTEGER NOT NULL CHECK (active IN (0, 1)),
  expires_at INTEGER,
  created_at INTEGER NOT NULL,
  version    INTEGER NOT NULL CHECK (version > 0),
  PRIMARY KEY (kind, id),
  CHECK ((code IS NULL) <> (customer IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX raw_credit_code ON raw_credit (code) WHERE code IS NOT NULL;
CREATE UNIQUE INDEX raw_credit_customer ON raw_credit (customer, currency) WHERE customer IS NOT NULL;

-- entry: 0 issued, 1 redeemed, 2 given back, 3 refunded, 4 corrected. amount: what it adds to what is left.
CREATE TABLE raw_credit_entry (
  kind    INTEGER NOT NULL,
  id      BLOB NOT NULL CHECK (length(id) = 16),
  seq     INTEGER NOT NULL CHECK (seq > 0),
  at      INTEGER NOT NULL,
  entry   INTEGER NOT NULL CHECK (entry BETWEEN 0 AND 4),
  amount  INTEGER NOT NULL CHECK (amount <> 0 AND (entry = 4 OR (amount < 0) = (entry = 1))),
  payment BLOB CHECK (length(payment) = 16),
  reason  TEXT,
  link    INTEGER NOT NULL,
  PRIMARY KEY (kind, id, seq),
  FOREIGN KEY (kind, id) REFERENCES raw_credit (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER raw_credit_entry_stays BEFORE UPDATE ON raw_credit_entry
BEGIN SELECT RAISE(ABORT, 'ledgers are never changed'); END;
CREATE TRIGGER raw_credit_entry_is_kept BEFORE DELETE ON raw_credit_entry
BEGIN SELECT RAISE(ABORT, 'entries of ledgers are never taken away'); END;

CREATE VIEW gift_cards AS
SELECT 'gc_' || lower(hex(r.id)) AS id,
  iif(c.exponent = 0, r.left_over || '', printf('%d.%0*d', r.left_over / c.unit, c.exponent, r.left_over % c.unit))
    AS left_over,
  r.currency, r.active, strftime('%Y-%m-%dT%H:%M:%fZ', r.expires_at / 1000.0, 'unixepoch') AS expires_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.created_at / 1000.0, 'unixepoch') AS created_at
FROM raw_credit r JOIN raw_currency c ON c.code = r.currency
WHERE r.kind = 20;

CREATE VIEW store_credits AS
SELECT 'sc_' || lower(hex(r.id)) AS id, r.customer,
  iif(c.exponent = 0, r.left_over || '', printf('%d.%0*d', r.left_over / c.unit, c.exponent, r.left_over % c.unit))
    AS left_over,
  r.currency, r.active, strftime('%Y-%m-%dT%H:%M:%fZ', r.created_at / 1000.0, 'unixepoch') AS created_at
FROM raw_credit r JOIN raw_currency c ON c.code = r.currency
WHERE r.kind = 21;

CREATE VIEW credit_history AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', e.at / 1000.0, 'unixepoch') AS at,
  CASE e.kind WHEN 20 THEN 'gc_' ELSE 'sc_' END || lower(hex(e.id)) AS credit_id,
  CASE e.entry WHEN 0 THEN 'issued' WHEN 1 THEN 'redeemed' WHEN 2 THEN 'given_back' WHEN 3 THEN 'refunded'
    WHEN 4 THEN 'corrected' END AS entry,
  iif(e.amount < 0, '-', '') || iif(c.exponent = 0, abs(e.amount) || '',
    printf('%d.%0*d', abs(e.amount) / c.unit, c.exponent, abs(e.amount) % c.unit)) AS amount,
  r.currency, p.number AS order_number, e.reason, e.seq
FROM raw_credit_entry e
JOIN raw_credit r ON r.kind = e.kind AND r.id = e.id
JOIN raw_currency c ON c.code = r.currency
LEFT JOIN raw_payment p ON p.id = e.payment;

-- As before, with the events of gift cards and store credit.
DROP VIEW events;
CREATE VIEW events AS
SELECT e.seq, strftime('%Y-%m-%dT%H:%M:%fZ', e.at / 1000.0, 'unixepoch') AS at,
  CASE e.kind WHEN 1 THEN 'product.changed' WHEN 2 THEN 'price.changed' WHEN 3 THEN 'stock.changed'
    WHEN 4 THEN 'stock.low' WHEN 5 THEN 'cart.abandoned' WHEN 6 THEN 'order.placed' WHEN 7 THEN 'order.canceled'
    WHEN 8 THEN 'payment.authorized' WHEN 9 THEN 'payment.captured' WHEN 10 THEN 'payment.voided'
    WHEN 11 THEN 'payment.refunded' WHEN 12 THEN 'payment.failed' WHEN 13 THEN 'payment.disputed'
    WHEN 14 THEN 'fulfillment.shipped' WHEN 15 THEN 'fulfillment.delivered' WHEN 16 THEN 'fulfillment.changed'
    WHEN 17 THEN 'category.changed'
    WHEN 20 THEN 'gift_card.changed' WHEN 21 THEN 'store_credit.changed' ELSE 'event.' || e.kind END AS event,
  CASE e.kind WHEN 1 THEN 'prod_' WHEN 2 THEN 'prod_' WHEN 3 THEN 'var_' WHEN 4 THEN 'var_' WHEN 5 THEN 'cart_'
    WHEN 6 THEN 'ord_' WHEN 7 THEN 'ord_' WHEN 14 THEN 'ful_' WHEN 15 THEN 'ful_' WHEN 16 THEN 'ful_'
    WHEN 17 THEN 'cat_' WHEN 20 THEN 'gc_' WHEN 21 THEN 'sc_' ELSE 'pay_' END
    || lower(hex(CASE WHEN typeof(e.subject) = 'blob' THEN e.subject WHEN e.kind IN (6, 7) THEN o.id ELSE p.id END))
    AS subject,
  e.subject_seq, ifnull(o.number, p.number) AS order_number,
  CASE typeof(e.data) WHEN 'integer' THEN
    iif(c.exponent = 0, e.data || '', printf('%d.%0*d', e.data / c.unit, c.exponent, e.data % c.unit)) || ' ' || c.code
    ELSE e.data END AS data,
  'cmd_' || lower(hex(e.command)) AS command
FROM raw_event e
LEFT JOIN raw_order o ON o.number = e.subject AND typeof(e.subject) = 'integer' AND e.kind IN (6, 7)
LEFT JOIN raw_payment p ON p.key = e.subject AND typeof(e.subject) = 'integer' AND e.kind BETWEEN 8 AND 13
LEFT JOIN raw_frozen t ON t.key = o.terms
LEFT JOIN raw_currency c ON c.code = ifnull(p.currency, json_extract(t.data, '$.terms.currency'));
