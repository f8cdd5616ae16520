-- Views for people and their tools: ids with prefixes, amounts as decimals of their currency, times in ISO 8601.
-- They are read only. A later migration may add columns at their end; what is here keeps its name and meaning.

CREATE VIEW shop AS
SELECT json_extract(data, '$.name') AS name, json_extract(data, '$.currency') AS currency,
  json_extract(data, '$.created_at') AS created_at
FROM raw_setup WHERE kind = 1;

CREATE VIEW channels AS
SELECT 'chan_' || lower(hex(id)) AS id, code, json_extract(data, '$.name') AS name,
  json_extract(data, '$.currency') AS currency, json_extract(data, '$.tax_inclusive') AS tax_inclusive
FROM raw_setup WHERE kind = 2;

CREATE VIEW stock_locations AS
SELECT 'loc_' || lower(hex(id)) AS id, code, json_extract(data, '$.name') AS name,
  json_extract(data, '$.country') AS country, json_extract(data, '$.priority') AS priority,
  json_extract(data, '$.active') AS active
FROM raw_setup WHERE kind = 3;

CREATE VIEW price_lists AS
SELECT 'pl_' || lower(hex(id)) AS id, json_extract(data, '$.name') AS name,
  json_extract(data, '$.currency') AS currency, json_extract(data, '$.customer_group') AS customer_group,
  json_extract(data, '$.window.from') AS valid_from, json_extract(data, '$.window.until') AS valid_until
FROM raw_setup WHERE kind = 4;

CREATE VIEW tax_rates AS
SELECT 'tz_' || lower(hex(t.zone)) AS zone_id, json_extract(z.data, '$.name') AS zone, t.category, t.name,
  json_extract(t.data, '$.rate') AS percent
FROM raw_tax_rate t LEFT JOIN raw_setup z ON z.kind = 5 AND z.id = t.zone;

CREATE VIEW delivery_methods AS
SELECT 'dm_' || lower(hex(id)) AS id, code, json_extract(data, '$.name') AS name, json_extract(data, '$.active') AS active
FROM raw_setup WHERE kind = 7;

CREATE VIEW promotions AS
SELECT 'promo_' || lower(hex(s.id)) AS id, json_extract(s.data, '$.name') AS name, json_extract(s.data, '$.active') AS active,
  json_extract(s.data, '$.window.from') AS valid_from, json_extract(s.data, '$.window.until') AS valid_until,
  ifnull(c.uses, 0) AS uses
FROM raw_setup s LEFT JOIN raw_promotion_count c ON c.promotion = s.id AND c.customer = ''
WHERE s.kind = 8;

CREATE VIEW categories AS
WITH RECURSIVE tree (id, parent, name, path, depth) AS (
  SELECT id, parent, name, name, 1 FROM raw_category WHERE parent IS NULL
  UNION ALL
  SELECT c.id, c.parent, c.name, t.path || ' > ' || c.name, t.depth + 1
  FROM tree t JOIN raw_category c ON c.parent = t.id WHERE t.depth < 32
)
SELECT 'cat_' || lower(hex(id)) AS id, iif(parent IS NULL, NULL, 'cat_' || lower(hex(parent))) AS parent_id, name, path FROM tree;

CREATE VIEW products AS
SELECT 'prod_' || lower(hex(id)) AS id, handle, json_extract(data, '$.title') AS title,
  json_extract(data, '$.brand') AS brand, json_extract(data, '$.status') AS status,
  json_extract(data, '$.published') AS published,
  strftime('%Y-%m-%dT%H:%M:%SZ', json_extract(data, '$.created_at') / 1000, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%SZ', json_extract(data, '$.updated_at') / 1000, 'unixepoch') AS updated_at
FROM raw_product;

CREATE VIEW variants AS
SELECT 'var_' || lower(hex(v.id)) AS id, v.sku, v.barcode, p.handle, json_extract(p.data, '$.title') AS title,
  (SELECT group_concat(o.value, ' / ')
   FROM json_each(p.data, '$.variants') j JOIN json_each(j.value, '$.options') o
   WHERE json_extract(j.value, '$.id') = 'var_' || lower(hex(v.id))) AS options,
  'prod_' || lower(hex(p.id)) AS product_id, v.retired
FROM raw_variant v JOIN raw_product p ON p.key = v.product;

CREATE VIEW prices AS
SELECT v.sku, 'var_' || lower(hex(p.variant)) AS variant_id, json_extract(l.data, '$.name') AS price_list,
  p.min_quantity,
  iif(c.exponent = 0, p.amount || '', printf('%d.%0*d', p.amount / c.unit, c.exponent, p.amount % c.unit)) AS amount,
  p.currency,
  iif(c.exponent = 0, p.compare_at || '',
    iif(p.compare_at IS NULL, NULL, printf('%d.%0*d', p.compare_at / c.unit, c.exponent, p.compare_at % c.unit)))
    AS compare_at
FROM raw_price p
JOIN raw_currency c ON c.code = p.currency
LEFT JOIN raw_variant v ON v.id = p.variant
LEFT JOIN raw_short s ON s.key = p.list
LEFT JOIN raw_setup l ON l.kind = 4 AND l.id = s.id;

-- Reservations that ran out are counted until the next sale of the variant tidies them away.
CREATE VIEW stock AS
SELECT v.sku, ls.code AS location, l.on_hand, l.reserved, l.allocated, l.backorder_limit, l.safety,
  max(l.on_hand + l.backorder_limit - l.safety - l.reserved - l.allocated, 0) AS available,
  'var_' || lower(hex(vs.id)) AS variant_id, 'loc_' || lower(hex(ps.id)) AS location_id
FROM raw_level l
JOIN raw_short vs ON vs.key = l.variant
JOIN raw_short ps ON ps.key = l.location
LEFT JOIN raw_variant v ON v.id = vs.id
LEFT JOIN raw_setup ls ON ls.kind = 3 AND ls.id = ps.id;

CREATE VIEW stock_history AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', l.at / 1000.0, 'unixepoch') AS at, v.sku, ls.code AS location,
  CASE l.kind
    WHEN 0 THEN 'received' WHEN 1 THEN 'reserved' WHEN 2 THEN 'released' WHEN 3 THEN 'allocated' WHEN 4 THEN 'released'
    WHEN 5 THEN 'shipped' WHEN 6 THEN 'returned' WHEN 7 THEN 'corrected' WHEN 8 THEN 'corrected'
    WHEN 9 THEN 'transferred' WHEN 10 THEN 'transferred' END AS movement,
  CASE WHEN l.kind IN (0, 6, 7, 10) THEN 1 WHEN l.kind IN (5, 8, 9) THEN -1 ELSE 0 END
    * ifnull(json_extract(e.value, '$[2]'), 1) AS on_hand_change,
  ifnull(json_extract(e.value, '$[2]'), 1) AS quantity, json_extract(e.value, '$[3]') AS reason,
  CASE l.cause_kind
    WHEN 4 THEN 'chk_' || lower(hex(iif(typeof(l.cause) = 'integer', o.id, l.cause)))
    WHEN 7 THEN 'ful_' || lower(hex(l.cause))
    WHEN 8 THEN 'ord_' || lower(hex(iif(typeof(l.cause) = 'integer', o.id, l.cause)))
    ELSE lower(hex(l.cause)) END AS cause,
  l.seq + e.key AS seq, 'var_' || lower(hex(vs.id)) AS variant_id
FROM raw_ledger l
JOIN json_each(l.entries) e
JOIN raw_short vs ON vs.key = json_extract(e.value, '$[0]')
JOIN raw_short ps ON ps.key = l.location
LEFT JOIN raw_order o ON o.number = l.cause AND l.cause_kind IN (4, 8)
LEFT JOIN raw_variant v ON v.id = vs.id
LEFT JOIN raw_setup ls ON ls.kind = 3 AND ls.id = ps.id;

CREATE VIEW reservations AS
SELECT v.sku, ls.code AS location, r.quantity,
  strftime('%Y-%m-%dT%H:%M:%fZ', r.expires_at / 1000.0, 'unixepoch') AS expires_at,
  'chk_' || lower(hex(r.checkout)) AS checkout_id, 'var_' || lower(hex(vs.id)) AS variant_id
FROM raw_reservation r
JOIN raw_short vs ON vs.key = r.variant
JOIN raw_short ps ON ps.key = r.location
LEFT JOIN raw_variant v ON v.id = vs.id
LEFT JOIN raw_setup ls ON ls.kind = 3 AND ls.id = ps.id;

CREATE VIEW carts AS
SELECT 'cart_' || lower(hex(c.id)) AS id,
  CASE c.status WHEN 0 THEN 'open' WHEN 1 THEN 'ordered' WHEN 2 THEN 'merged' END AS status,
  ch.code AS channel, iif(c.customer IS NULL, NULL, 'cust_' || lower(hex(c.customer))) AS customer_id, json_array_length(c.lines) AS lines, c.coupons,
  iif(typeof(c."order") = 'integer', c."order", o.number) AS order_number,
  strftime('%Y-%m-%dT%H:%M:%fZ', c.created_at / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', c.expires_at / 1000.0, 'unixepoch') AS expires_at
FROM raw_cart c
LEFT JOIN raw_short cs ON cs.key = c.channel
LEFT JOIN raw_setup ch ON ch.kind = 2 AND ch.id = cs.id
LEFT JOIN raw_order o ON o.id = c."order";

CREATE VIEW cart_lines AS
SELECT 'cart_' || lower(hex(c.id)) AS cart_id, json_extract(l.value, '$[0]') AS line, v.sku,
  ifnull(json_extract(l.value, '$[2]'), 1) AS quantity, 'var_' || lower(hex(vs.id)) AS variant_id
FROM raw_cart c
JOIN json_each(c.lines) l
JOIN raw_short vs ON vs.key = json_extract(l.value, '$[1]')
LEFT JOIN raw_variant v ON v.id = vs.id;

CREATE VIEW orders AS
SELECT o.number, CASE o.status WHEN 0 THEN 'pending' WHEN 1 THEN 'placed' WHEN 2 THEN 'canceled' END AS status, o.email,
  iif(c.exponent = 0, o.total || '', printf('%d.%0*d', o.total / c.unit, c.exponent, o.total % c.unit)) AS total,
  c.code AS currency, json_array_length(o.lines) AS lines,
  json_extract(o.ship_to, '$[0]') AS name, json_extract(o.ship_to, '$[1]') AS street,
  json_extract(o.ship_to, '$[2]') AS postal_code, json_extract(o.ship_to, '$[3]') AS city,
  json_extract(o.ship_to, '$[4]') AS country,
  strftime('%Y-%m-%dT%H:%M:%fZ', o.created_at / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', o.placed_at / 1000.0, 'unixepoch') AS placed_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', o.canceled_at / 1000.0, 'unixepoch') AS canceled_at,
  ch.code AS channel, iif(o.customer IS NULL, NULL, 'cust_' || lower(hex(o.customer))) AS customer_id,
  'ord_' || lower(hex(o.id)) AS id, 'cart_' || lower(hex(o.cart)) AS cart_id
FROM raw_order o
JOIN raw_frozen t ON t.key = o.terms
JOIN raw_currency c ON c.code = json_extract(t.data, '$.terms.currency')
LEFT JOIN raw_setup ch ON ch.kind = 2 AND json_extract(t.data, '$.terms.channel') = 'chan_' || lower(hex(ch.id));

-- subtotal is before discounts; tax is contained in it or comes on top, as the channel counts.
CREATE VIEW order_lines AS
SELECT o.number, json_extract(l.value, '$[0]') AS line, json_extract(g.data, '$.goods.sku') AS sku,
  json_extract(g.data, '$.goods.title') AS title, json_extract(l.value, '$[2]') AS quantity,
  iif(c.exponent = 0, json_extract(l.value, '$[3]') || '',
    printf('%d.%0*d', json_extract(l.value, '$[3]') / c.unit, c.exponent, json_extract(l.value, '$[3]') % c.unit))
    AS unit_price,
  iif(c.exponent = 0, (json_extract(l.value, '$[2]') * json_extract(l.value, '$[3]')) || '',
    printf('%d.%0*d', json_extract(l.value, '$[2]') * json_extract(l.value, '$[3]') / c.unit, c.exponent,
      json_extract(l.value, '$[2]') * json_extract(l.value, '$[3]') % c.unit)) AS subtotal,
  iif(c.exponent = 0, json_extract(l.value, '$[6]') || '',
    printf('%d.%0*d', json_extract(l.value, '$[6]') / c.unit, c.exponent, json_extract(l.value, '$[6]') % c.unit)) AS tax,
  c.code AS currency,
  iif(o.counts = 1, json_extract(l.value, '$[2]'), ifnull(json_extract(n.value, '$[1]'), 0)) AS allocated, ifnull(json_extract(n.value, '$[2]'), 0) AS canceled,
  ifnull(json_extract(n.value, '$[3]'), 0) AS shipped, ifnull(json_extract(n.value, '$[4]'), 0) AS delivered,
  ifnull(json_extract(n.value, '$[6]'), 0) AS returned, ifnull(json_extract(n.value, '$[7]'), 0) AS refunded,
  json_extract(g.data, '$.goods.variant') AS variant_id, json_extract(g.data, '$.goods.product') AS product_id,
  'ord_' || lower(hex(o.id)) AS order_id
FROM raw_order o
JOIN raw_frozen t ON t.key = o.terms
JOIN raw_currency c ON c.code = json_extract(t.data, '$.terms.currency')
JOIN json_each(o.lines) l
JOIN raw_frozen g ON g.key = json_extract(l.value, '$[1]')
LEFT JOIN json_each(iif(typeof(o.counts) = 'text', o.counts, '[]')) n ON json_extract(n.value, '$[0]') = json_extract(l.value, '$[0]');

CREATE VIEW order_history AS
SELECT l.number, l.version, strftime('%Y-%m-%dT%H:%M:%fZ', l.at / 1000.0, 'unixepoch') AS at,
  CASE l.action WHEN 0 THEN 'opened' WHEN 1 THEN 'placed' ELSE json_extract(l.action, '$.action') END AS action,
  iif(typeof(l.action) = 'text', l.action, NULL) AS details
FROM raw_order_log l;

CREATE VIEW allocations AS
SELECT a.number, a.line, v.sku, ls.code AS location, a.quantity, a.shipped, a.released,
  'var_' || lower(hex(vs.id)) AS variant_id
FROM raw_allocation a
JOIN raw_short vs ON vs.key = a.variant
JOIN raw_short ps ON ps.key = a.location
LEFT JOIN raw_variant v ON v.id = vs.id
LEFT JOIN raw_setup ls ON ls.kind = 3 AND ls.id = ps.id;

CREATE VIEW fulfillments AS
SELECT 'ful_' || lower(hex(f.id)) AS id, f.number,
  CASE f.status WHEN 0 THEN 'open' WHEN 1 THEN 'picked' WHEN 2 THEN 'packed' WHEN 3 THEN 'shipped' WHEN 4 THEN 'delivered'
    WHEN 5 THEN 'canceled' WHEN 6 THEN 'lost' WHEN 7 THEN 'returned' END AS status,
  ls.code AS location, json_extract(f.shipment, '$.carrier') AS carrier, json_extract(f.shipment, '$.tracking') AS tracking,
  json_extract(f.shipment, '$.shipped_at') AS shipped_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', f.delivered_at / 1000.0, 'unixepoch') AS delivered_at
FROM raw_fulfillment f
JOIN raw_short ps ON ps.key = f.location
LEFT JOIN raw_setup ls ON ls.kind = 3 AND ls.id = ps.id;

CREATE VIEW payments AS
SELECT 'pay_' || lower(hex(p.id)) AS id, p.number, p.provider,
  iif(c.exponent = 0, p.amount || '', printf('%d.%0*d', p.amount / c.unit, c.exponent, p.amount % c.unit)) AS amount,
  p.currency, strftime('%Y-%m-%dT%H:%M:%fZ', p.created_at / 1000.0, 'unixepoch') AS created_at
FROM raw_payment p JOIN raw_currency c ON c.code = p.currency;

CREATE VIEW payment_facts AS
SELECT 'pay_' || lower(hex(p.id)) AS payment_id, p.number, f.nr,
  CASE f.kind WHEN 0 THEN 'authorized' WHEN 1 THEN 'captured' WHEN 2 THEN 'voided' WHEN 3 THEN 'refunded'
    WHEN 4 THEN 'failed' WHEN 5 THEN 'disputed' END AS fact,
  iif(c.exponent = 0, f.amount || '', printf('%d.%0*d', f.amount / c.unit, c.exponent, f.amount % c.unit)) AS amount,
  c.code AS currency, f.reference, strftime('%Y-%m-%dT%H:%M:%fZ', f.at / 1000.0, 'unixepoch') AS at
FROM raw_payment_fact f
JOIN raw_payment p ON p.key = f.payment
JOIN raw_currency c ON c.code = ifnull(f.currency, p.currency);

CREATE VIEW payment_tasks AS
SELECT 'pay_' || lower(hex(p.id)) AS payment_id, p.number,
  CASE t.kind WHEN 0 THEN 'capture' WHEN 1 THEN 'void' WHEN 2 THEN 'refund' END AS kind,
  CASE t.status WHEN 0 THEN 'queued' WHEN 1 THEN 'done' WHEN 2 THEN 'refused' END AS status,
  iif(c.exponent = 0, t.amount || '', printf('%d.%0*d', t.amount / c.unit, c.exponent, t.amount % c.unit)) AS amount,
  c.code AS currency, t.attempts, strftime('%Y-%m-%dT%H:%M:%fZ', t.due_at / 1000.0, 'unixepoch') AS due_at, t.last_error
FROM raw_payment_task t
JOIN raw_payment p ON p.key = t.payment
JOIN raw_currency c ON c.code = ifnull(t.currency, p.currency);

CREATE VIEW checkouts AS
SELECT 'chk_' || lower(hex(id)) AS id,
  CASE status WHEN 0 THEN 'authorizing' WHEN 1 THEN 'placed' WHEN 2 THEN 'unwinding' WHEN 3 THEN 'unwound'
    WHEN 4 THEN 'stuck' END AS status,
  'cart_' || lower(hex(ifnull(cart, (SELECT o.cart FROM raw_order o WHERE o.id = raw_checkout.id)))) AS cart_id, problem,
  strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at,
  strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1000.0, 'unixepoch') AS updated_at
FROM raw_checkout;

CREATE VIEW imports AS
SELECT file, run, batches_done, created, updated, finished,
  strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0, 'unixepoch') AS started_at, lower(hex(content)) AS content
FROM raw_import_run;

CREATE VIEW events AS
SELECT e.seq, strftime('%Y-%m-%dT%H:%M:%fZ', e.at / 1000.0, 'unixepoch') AS at,
  CASE e.kind WHEN 1 THEN 'product.changed' WHEN 2 THEN 'price.changed' WHEN 3 THEN 'stock.changed'
    WHEN 4 THEN 'stock.low' WHEN 5 THEN 'cart.abandoned' WHEN 6 THEN 'order.placed' WHEN 7 THEN 'order.canceled'
    WHEN 8 THEN 'payment.authorized' WHEN 9 THEN 'payment.captured' WHEN 10 THEN 'payment.voided'
    WHEN 11 THEN 'payment.refunded' WHEN 12 THEN 'payment.failed' WHEN 13 THEN 'payment.disputed'
    WHEN 14 THEN 'fulfillment.shipped' WHEN 15 THEN 'fulfillment.delivered' WHEN 16 THEN 'fulfillment.changed'
    WHEN 17 THEN 'category.changed' ELSE 'event.' || e.kind END AS event,
  CASE e.kind WHEN 1 THEN 'prod_' WHEN 2 THEN 'prod_' WHEN 3 THEN 'var_' WHEN 4 THEN 'var_' WHEN 5 THEN 'cart_'
    WHEN 6 THEN 'ord_' WHEN 7 THEN 'ord_' WHEN 14 THEN 'ful_' WHEN 15 THEN 'ful_' WHEN 16 THEN 'ful_'
    WHEN 17 THEN 'cat_' ELSE 'pay_' END
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

CREATE VIEW event_consumers AS SELECT consumer, seq FROM raw_cursor;
