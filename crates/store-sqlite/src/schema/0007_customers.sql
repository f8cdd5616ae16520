-- Who buys, over many orders, and collections.

CREATE TABLE raw_customer (
  id      BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  email   TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  data    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW customers AS
SELECT 'cust_' || lower(hex(id)) AS id, email, json_extract(data, '$.group') AS customer_group,
  json_extract(data, '$.tax.vat_id') AS vat_id, json_extract(data, '$.tax.exemption') AS tax_exemption,
  json_extract(data, '$.created_at') AS created_at
FROM raw_customer;

-- raw_setup has a new kind: 17 collection.
CREATE VIEW collections AS
SELECT 'coll_' || lower(hex(id)) AS id, code AS handle, json_extract(data, '$.name') AS name,
  ifnull(json_array_length(data, '$.products'), 0) AS chosen_products,
  ifnull(json_array_length(data, '$.rule'), 0) AS rule_conditions
FROM raw_setup WHERE kind = 17;

-- Events have two new kinds.
DROP VIEW events;
CREATE VIEW events AS
SELECT e.seq, strftime('%Y-%m-%dT%H:%M:%fZ', e.at / 1000.0, 'unixepoch') AS at,
  CASE e.kind WHEN 1 THEN 'product.changed' WHEN 2 THEN 'price.changed' WHEN 3 THEN 'stock.changed'
    WHEN 4 THEN 'stock.low' WHEN 5 THEN 'cart.abandoned' WHEN 6 THEN 'order.placed' WHEN 7 THEN 'order.canceled'
    WHEN 8 THEN 'payment.authorized' WHEN 9 THEN 'payment.captured' WHEN 10 THEN 'payment.voided'
    WHEN 11 THEN 'payment.refunded' WHEN 12 THEN 'payment.failed' WHEN 13 THEN 'payment.disputed'
    WHEN 14 THEN 'fulfillment.shipped' WHEN 15 THEN 'fulfillment.delivered' WHEN 16 THEN 'fulfillment.changed'
    WHEN 17 THEN 'category.changed' WHEN 18 THEN 'customer.changed' WHEN 19 THEN 'collection.changed'
    WHEN 20 THEN 'gift_card.changed' WHEN 21 THEN 'store_credit.changed' ELSE 'event.' || e.kind END AS event,
  CASE e.kind WHEN 1 THEN 'prod_' WHEN 2 THEN 'prod_' WHEN 3 THEN 'var_' WHEN 4 THEN 'var_' WHEN 5 THEN 'cart_'
    WHEN 6 THEN 'ord_' WHEN 7 THEN 'ord_' WHEN 14 THEN 'ful_' WHEN 15 THEN 'ful_' WHEN 16 THEN 'ful_'
    WHEN 17 THEN 'cat_' WHEN 18 THEN 'cust_' WHEN 19 THEN 'coll_' WHEN 20 THEN 'gc_' WHEN 21 THEN 'sc_' ELSE 'pay_' END
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
