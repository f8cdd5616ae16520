-- What orders use of promotions: coupon, units and money beside the use itself. Orders by buyer. Codes of coupon batches.

ALTER TABLE raw_promotion_use ADD COLUMN coupon text COLLATE "C";
ALTER TABLE raw_promotion_use ADD COLUMN units bigint NOT NULL DEFAULT 0 CHECK (units >= 0);
ALTER TABLE raw_promotion_use ADD COLUMN amount bigint NOT NULL DEFAULT 0 CHECK (amount >= 0);
ALTER TABLE raw_promotion_use ADD COLUMN currency text COLLATE "C" NOT NULL DEFAULT '';

-- Orders of before say themselves what each promotion gave.
UPDATE raw_promotion_use u
SET coupon = a.value->>'coupon', units = coalesce((a.value->>'units')::bigint, 0),
  amount = replace(a.value->'amount'->>'amount', '.', '')::bigint, currency = a.value->'amount'->>'currency'
FROM raw_order o, json_array_elements(o.data->'quote'->'promotions_applied') a
WHERE o.id = u."order" AND a.value->>'promotion' = id_text('promo_', u.promotion);

-- Counters of a promotion: '' all uses and units; '=' and the customer: theirs; '#' and a coupon: its uses; '$' and a
-- currency: the money given in it.
DROP VIEW promotions;
ALTER TABLE raw_promotion_count RENAME COLUMN customer TO counter;
ALTER TABLE raw_promotion_count ADD COLUMN units bigint NOT NULL DEFAULT 0 CHECK (units >= 0);
ALTER TABLE raw_promotion_count ADD COLUMN amount bigint NOT NULL DEFAULT 0 CHECK (amount >= 0);
DELETE FROM raw_promotion_count;

-- What the uses come to: the counters as they must be.
CREATE VIEW raw_promotion_sum AS
SELECT promotion, '' AS counter, count(*) AS uses, sum(units)::bigint AS units, 0::bigint AS amount
FROM raw_promotion_use GROUP BY promotion
UNION ALL
SELECT promotion, '=' || customer, count(*), sum(units)::bigint, 0 FROM raw_promotion_use GROUP BY promotion, customer
UNION ALL
SELECT promotion, '#' || coupon, count(*), 0, 0 FROM raw_promotion_use WHERE coupon IS NOT NULL GROUP BY promotion, coupon
UNION ALL
SELECT promotion, '$' || currency, count(*), 0, sum(amount)::bigint FROM raw_promotion_use GROUP BY promotion, currency;
INSERT INTO raw_promotion_count (promotion, counter, uses, units, amount) SELECT * FROM raw_promotion_sum;

-- Who bought, as the counters tell buyers apart, and how many orders of theirs are placed. The row of a buyer is locked by
-- whoever asks whether an order is the first.
ALTER TABLE raw_order ADD COLUMN buyer text COLLATE "C";
UPDATE raw_order SET buyer = coalesce(data->>'customer', lower(btrim(data->>'email')));
ALTER TABLE raw_order ALTER COLUMN buyer SET NOT NULL;
CREATE INDEX raw_order_buyer ON raw_order (buyer);
CREATE TABLE raw_buyer (
  buyer  text COLLATE "C" PRIMARY KEY,
  placed bigint NOT NULL CHECK (placed >= 0)
) WITH (fillfactor = 70);
INSERT INTO raw_buyer (buyer, placed) SELECT buyer, count(*) FROM raw_order WHERE status = 1 GROUP BY buyer;

CREATE TABLE raw_coupon (
  code  text COLLATE "C" PRIMARY KEY,
  batch uuid NOT NULL
);
CREATE INDEX raw_coupon_batch ON raw_coupon (batch, code);

CREATE VIEW promotions AS
SELECT id_text('promo_', s.id) AS id, s.data->>'name' AS name, (s.data->>'active')::boolean AS active,
  s.data->'window'->>'from' AS valid_from, s.data->'window'->>'until' AS valid_until, coalesce(c.uses, 0) AS uses,
  coalesce(c.units, 0) AS units
FROM raw_setup s LEFT JOIN raw_promotion_count c ON c.promotion = s.id AND c.counter = ''
WHERE s.kind = 8;

CREATE VIEW promotion_uses AS
SELECT o.number AS order_number, id_text('promo_', u.promotion) AS promotion_id, s.data->>'name' AS promotion, u.customer,
  u.coupon, u.units, decimal_of(u.amount, u.currency) AS amount, u.currency
FROM raw_promotion_use u
LEFT JOIN raw_order o ON o.id = u."order"
LEFT JOIN raw_setup s ON s.kind = 8 AND s.id = u.promotion;

CREATE VIEW coupon_codes AS
SELECT code, id_text('batch_', batch) AS batch_id FROM raw_coupon;
