-- Who buys, over many orders, and collections.

CREATE TABLE raw_customer (
  id      uuid PRIMARY KEY,
  -- An address may change hands within one commit.
  email   text COLLATE "C" NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,
  version bigint NOT NULL CHECK (version > 0),
  data    json NOT NULL
);

CREATE VIEW customers AS
SELECT id_text('cust_', id) AS id, email, data->>'group' AS customer_group, data->'tax'->>'vat_id' AS vat_id,
  data->'tax'->>'exemption' AS tax_exemption, data->>'created_at' AS created_at
FROM raw_customer;

-- raw_setup has a new kind: 17 collection.
CREATE VIEW collections AS
SELECT id_text('coll_', id) AS id, code AS handle, data->>'name' AS name,
  coalesce(json_array_length(data->'products'), 0) AS chosen_products,
  coalesce(json_array_length(data->'rule'), 0) AS rule_conditions
FROM raw_setup WHERE kind = 17;

-- As before, with the records and events of customers and collections.
CREATE OR REPLACE FUNCTION record_text(kind smallint, id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN id_text(CASE kind
  WHEN 1 THEN 'cart_' WHEN 2 THEN 'cat_' WHEN 3 THEN 'chan_' WHEN 4 THEN 'chk_' WHEN 5 THEN 'cust_' WHEN 6 THEN 'dm_'
  WHEN 7 THEN 'ful_' WHEN 8 THEN 'ord_' WHEN 9 THEN 'pay_' WHEN 10 THEN 'pl_' WHEN 11 THEN 'prod_' WHEN 12 THEN 'promo_'
  WHEN 13 THEN 'loc_' WHEN 14 THEN 'tz_' WHEN 15 THEN 'var_' WHEN 16 THEN 'imp_' WHEN 17 THEN 'fee_' WHEN 18 THEN 'coll_'
  WHEN 20 THEN 'gc_' WHEN 21 THEN 'sc_' ELSE '' END, id);
CREATE OR REPLACE VIEW events AS
SELECT e.seq, moment(e.at) AS at,
  CASE e.kind WHEN 1 THEN 'product.changed' WHEN 2 THEN 'price.changed' WHEN 3 THEN 'stock.changed'
    WHEN 6 THEN 'order.placed' WHEN 7 THEN 'order.canceled' WHEN 8 THEN 'payment.authorized'
    WHEN 9 THEN 'payment.captured' WHEN 10 THEN 'payment.voided' WHEN 11 THEN 'payment.refunded'
    WHEN 12 THEN 'payment.failed' WHEN 13 THEN 'payment.disputed' WHEN 14 THEN 'fulfillment.shipped'
    WHEN 15 THEN 'fulfillment.delivered' WHEN 16 THEN 'fulfillment.changed' WHEN 17 THEN 'category.changed'
    WHEN 18 THEN 'customer.changed' WHEN 19 THEN 'collection.changed'
    WHEN 20 THEN 'gift_card.changed' WHEN 21 THEN 'store_credit.changed' ELSE 'event.' || e.kind END AS event,
  record_text(e.subject_kind, e.subject) AS subject, e.subject_seq, coalesce(o.number, po.number) AS order_number,
  e.data::text AS data, id_text('cmd_', e.command) AS command
FROM raw_event e
LEFT JOIN raw_order o ON e.subject_kind = 8 AND o.id = e.subject
LEFT JOIN raw_payment p ON e.subject_kind = 9 AND p.id = e.subject
LEFT JOIN raw_order po ON po.id = p."order";
