-- What orders use of promotions: coupon, units and money beside the use itself. Orders by buyer. Codes of coupon batches.

ALTER TABLE raw_promotion_use ADD COLUMN coupon TEXT;
ALTER TABLE raw_promotion_use ADD COLUMN units INTEGER NOT NULL DEFAULT 0 CHECK (units >= 0);
ALTER TABLE raw_promotion_use ADD COLUMN amount INTEGER NOT NULL DEFAULT 0 CHECK (amount >= 0);
ALTER TABLE raw_promotion_use ADD COLUMN currency TEXT NOT NULL DEFAULT '';

-- Orders of before say themselves what each promotion gave: in short, or as a whole quote.
UPDATE raw_promotion_use AS u
SET coupon = a.coupon, units = a.units, amount = a.amount, currency = a.currency
FROM (
  SELECT o.number, unhex(substr(json_extract(p.data, '$.promotion.promotion'), 7)) AS promotion,
    json_extract(e.value, '$[1]') AS coupon, ifnull(json_extract(e.value, '$[3]'), 0) AS units,
    json_extract(e.value, '$[2]') AS amount, json_extract(t.data, '$.terms.currency') AS currency
  FROM raw_order o, json_each(o.extra, '$.applied') e
  JOIN raw_frozen p ON p.key = json_extract(e.value, '$[0]')
  JOIN raw_frozen t ON t.key = o.terms
  UNION ALL
  SELECT o.number, unhex(substr(json_extract(e.value, '$.promotion'), 7)),
    json_extract(e.value, '$.coupon'), ifnull(json_extract(e.value, '$.units'), 0),
    CAST(replace(json_extract(e.value, '$.amount.amount'), '.', '') AS INTEGER), json_extract(e.value, '$.amount.currency')
  FROM raw_order o, json_each(o.extra, '$.quote.promotions_applied') e
) AS a
WHERE a.number = u.number AND a.promotion = u.promotion;

-- Counters of a promotion: '' all uses and units; '=' and the customer: theirs; '#' and a coupon: its uses; '$' and a
-- currency: the money given in it.
DROP VIEW promotions;
ALTER TABLE raw_promotion_count RENAME COLUMN customer TO counter;
ALTER TABLE raw_promotion_count ADD COLUMN units INTEGER NOT NULL DEFAULT 0 CHECK (units >= 0);
ALTER TABLE raw_promotion_count ADD COLUMN amount INTEGER NOT NULL DEFAULT 0 CHECK (amount >= 0);
DELETE FROM raw_promotion_count;
INSERT INTO raw_promotion_count (promotion, counter, uses, units, amount)
SELECT promotion, '', count(*), sum(units), 0 FROM raw_promotion_use GROUP BY promotion
UNION ALL
SELECT promotion, customer, count(*), sum(units), 0 FROM raw_promotion_use GROUP BY promotion, customer
UNION ALL
SELECT promotion, '#' || coupon, count(*), 0, 0 FROM raw_promotion_use WHERE coupon IS NOT NULL GROUP BY promotion, coupon
UNION ALL
SELECT promotion, '$' || currency, count(*), 0, sum(amount) FROM raw_promotion_use GROUP BY promotion, currency;

-- How many orders a buyer has placed. buyer: the key of a guest where it is more than the e-mail in small ASCII letters.
ALTER TABLE raw_order ADD COLUMN buyer TEXT;
CREATE INDEX raw_order_guest ON raw_order (ifnull(buyer, lower(email))) WHERE status = 1 AND customer IS NULL;
CREATE INDEX raw_order_customer ON raw_order (customer) WHERE status = 1 AND customer IS NOT NULL;

-- batch: the small number of a batch's id.
CREATE TABLE raw_coupon (
  code  TEXT PRIMARY KEY,
  batch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX raw_coupon_batch ON raw_coupon (batch, code);

CREATE VIEW promotions AS
SELECT 'promo_' || lower(hex(s.id)) AS id, json_extract(s.data, '$.name') AS name, json_extract(s.data, '$.active') AS active,
  json_extract(s.data, '$.window.from') AS valid_from, json_extract(s.data, '$.window.until') AS valid_until,
  ifnull(c.uses, 0) AS uses, ifnull(c.units, 0) AS units
FROM raw_setup s LEFT JOIN raw_promotion_count c ON c.promotion = s.id AND c.counter = ''
WHERE s.kind = 8;

CREATE VIEW promotion_uses AS
SELECT u.number AS order_number, 'promo_' || lower(hex(u.promotion)) AS promotion_id,
  json_extract(s.data, '$.name') AS promotion, substr(u.customer, 2) AS customer, u.coupon, u.units,
  iif(c.exponent = 0, u.amount || '', printf('%d.%0*d', u.amount / c.unit, c.exponent, u.amount % c.unit)) AS amount,
  u.currency
FROM raw_promotion_use u
LEFT JOIN raw_currency c ON c.code = u.currency
LEFT JOIN raw_setup s ON s.kind = 8 AND s.id = u.promotion;

CREATE VIEW coupon_codes AS
SELECT c.code, 'batch_' || lower(hex(s.id)) AS batch_id
FROM raw_coupon c LEFT JOIN raw_short s ON s.key = c.batch;
