-- Views for people and their tools: ids with prefixes, amounts as decimals of their currency, times in ISO 8601.
-- They are read only. A later migration may add columns at their end; what is here keeps its name and meaning, which are
-- those of the SQLite back-end.

CREATE FUNCTION id_text(prefix text, id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN prefix || replace(id::text, '-', '');

CREATE FUNCTION moment(millis bigint) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(to_timestamp(millis / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

CREATE FUNCTION decimal_of(minor bigint, currency text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT CASE c.exponent WHEN 0 THEN minor::text
  ELSE minor / c.unit || '.' || lpad((minor % c.unit)::text, c.exponent, '0') END
  FROM raw_currency c WHERE c.code = currency);

CREATE FUNCTION record_text(kind smallint, id uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN id_text(CASE kind
  WHEN 1 THEN 'cart_' WHEN 2 THEN 'cat_' WHEN 3 THEN 'chan_' WHEN 4 THEN 'chk_' WHEN 5 THEN 'cust_' WHEN 6 THEN 'dm_'
  WHEN 7 THEN 'ful_' WHEN 8 THEN 'ord_' WHEN 9 THEN 'pay_' WHEN 10 THEN 'pl_' WHEN 11 THEN 'prod_' WHEN 12 THEN 'promo_'
  WHEN 13 THEN 'loc_' WHEN 14 THEN 'tz_' WHEN 15 THEN 'var_' WHEN 16 THEN 'imp_' WHEN 17 THEN 'fee_' ELSE '' END, id);

CREATE VIEW shop AS
SELECT data->>'name' AS name, data->>'currency' AS currency, data->>'created_at' AS created_at
FROM raw_setup WHERE kind = 1;

CREATE VIEW channels AS
SELECT id_text('chan_', id) AS id, code, data->>'name' AS name, data->>'currency' AS currency,
  (data->>'tax_inclusive')::boolean AS tax_inclusive
FROM raw_setup WHERE kind = 2;

CREATE VIEW stock_locations AS
SELECT id_text('loc_', id) AS id, code, data->>'name' AS name, data->>'country' AS country,
  (data->>'priority')::int AS priority, (data->>'active')::boolean AS active
FROM raw_setup WHERE kind = 3;

CREATE VIEW price_lists AS
SELECT id_text('pl_', id) AS id, data->>'name' AS name, data->>'currency' AS currency,
  data->>'customer_group' AS customer_group, data->'window'->>'from' AS valid_from,
  data->'window'->>'until' AS valid_until
FROM raw_setup WHERE kind = 4;

CREATE VIEW delivery_methods AS
SELECT id_text('dm_', id) AS id, code, data->>'name' AS name, (data->>'active')::boolean AS active
FROM raw_setup WHERE kind = 7;

CREATE VIEW promotions AS
SELECT id_text('promo_', s.id) AS id, s.data->>'name' AS name, (s.data->>'active')::boolean AS active,
  s.data->'window'->>'from' AS valid_from, s.data->'window'->>'until' AS valid_until, coalesce(c.uses, 0) AS uses
FROM raw_setup s LEFT JOIN raw_promotion_count c ON c.promotion = s.id AND c.customer = ''
WHERE s.kind = 8;

CREATE VIEW categories AS
WITH RECURSIVE tree (id, parent, name, path, depth) AS (
  SELECT id, parent, name, name, 1 FROM raw_category WHERE parent IS NULL
  UNION ALL
  SELECT c.id, c.parent, c.name, t.path || ' > ' || c.name, t.depth + 1
  FROM tree t JOIN raw_category c ON c.parent = t.id WHERE t.depth < 32
)
SELECT id_text('cat_', id) AS id, id_text('cat_', parent) AS parent_id, name, path FROM tree;

CREATE VIEW products AS
SELECT id_text('prod_', id) AS id, handle, data->>'title' AS title, data->>'brand' AS brand, data->>'status' AS status,
  (data->>'published')::boolean AS published, data->>'created_at' AS created_at, data->>'updated_at' AS updated_at
FROM raw_product;

CREATE VIEW variants AS
SELECT id_text('var_', v.id) AS id, v.sku, v.barcode, p.handle, p.data->>'title' AS title,
  (SELECT string_agg(o.value, ' / ' ORDER BY o.place)
   FROM json_array_elements(p.data->'variants') j,
     json_array_elements_text(j.value->'option_values') WITH ORDINALITY o (value, place)
   WHERE j.value->>'id' = id_text('var_', v.id)) AS options,
  id_text('prod_', p.id) AS product_id, v.retired
FROM raw_variant v JOIN raw_product p ON p.id = v.product;

CREATE VIEW prices AS
SELECT v.sku, id_text('var_', p.variant) AS variant_id, l.data->>'name' AS price_list, p.min_quantity,
  decimal_of(p.amount, p.currency) AS amount, p.currency,
  decimal_of(p.compare_at, coalesce(p.compare_currency, p.currency)) AS compare_at
FROM raw_price p
LEFT JOIN raw_variant v ON v.id = p.variant
LEFT JOIN raw_setup l ON l.kind = 4 AND l.id = p.list;

-- Reservations that ran out are counted until the next sale of the variant tidies them away.
CREATE VIEW stock AS
SELECT v.sku, p.code AS location, l.on_hand, l.reserved, l.allocated, l.backorder_limit, l.safety,
  greatest(l.on_hand + l.backorder_limit - l.safety - l.reserved - l.allocated, 0) AS available,
  id_text('var_', l.variant) AS variant_id, id_text('loc_', l.location) AS location_id
FROM raw_level l
LEFT JOIN raw_variant v ON v.id = l.variant
LEFT JOIN raw_setup p ON p.kind = 3 AND p.id = l.location;

CREATE VIEW stock_history AS
SELECT moment(m.at) AS at, v.sku, p.code AS location,
  CASE m.kind
    WHEN 0 THEN 'received' WHEN 1 THEN 'reserved' WHEN 2 THEN 'released' WHEN 3 THEN 'allocated' WHEN 4 THEN 'released'
    WHEN 5 THEN 'shipped' WHEN 6 THEN 'returned' WHEN 7 THEN 'corrected' WHEN 8 THEN 'corrected'
    WHEN 9 THEN 'transferred' WHEN 10 THEN 'transferred' END AS movement,
  CASE WHEN m.kind IN (0, 6, 7, 10) THEN m.quantity WHEN m.kind IN (5, 8, 9) THEN -m.quantity ELSE 0 END
    AS on_hand_change,
  m.quantity, m.reason, record_text(m.cause_kind, m.cause) AS cause, m.seq, id_text('var_', m.variant) AS variant_id
FROM raw_movement m
LEFT JOIN raw_variant v ON v.id = m.variant
LEFT JOIN raw_setup p ON p.kind = 3 AND p.id = m.location;

CREATE VIEW reservations AS
SELECT v.sku, p.code AS location, r.quantity, moment(r.expires_at) AS expires_at,
  id_text('chk_', r.checkout) AS checkout_id, id_text('var_', r.variant) AS variant_id
FROM raw_reservation r
LEFT JOIN raw_variant v ON v.id = r.variant
LEFT JOIN raw_setup p ON p.kind = 3 AND p.id = r.location;

CREATE VIEW carts AS
SELECT id_text('cart_', c.id) AS id, c.data->>'status' AS status, ch.code AS channel,
  c.data->>'customer' AS customer_id, json_array_length(c.data->'lines') AS lines, c.data->'coupons' AS coupons,
  (SELECT o.number FROM raw_order o WHERE id_text('ord_', o.id) = c.data->>'order' AND o.cart = c.id) AS order_number,
  c.data->>'created_at' AS created_at, c.data->>'expires_at' AS expires_at
FROM raw_cart c LEFT JOIN raw_setup ch ON ch.kind = 2 AND id_text('chan_', ch.id) = c.data->>'channel';

CREATE VIEW cart_lines AS
SELECT id_text('cart_', c.id) AS cart_id, (l.value->>'line')::bigint AS line, v.sku,
  (l.value->>'quantity')::bigint AS quantity, l.value->>'variant' AS variant_id
FROM raw_cart c, json_array_elements(c.data->'lines') l
LEFT JOIN raw_variant v ON v.id = substr(l.value->>'variant', 5)::uuid;

CREATE VIEW orders AS
SELECT o.number, CASE o.status WHEN 0 THEN 'pending' WHEN 1 THEN 'placed' WHEN 2 THEN 'canceled' END AS status,
  o.data->>'email' AS email, o.data->'quote'->'totals'->'total'->>'amount' AS total, o.data->'quote'->>'currency' AS currency,
  json_array_length(o.data->'lines') AS lines, o.data->'ship_to'->>'name' AS name, o.data->'ship_to'->>'street' AS street,
  o.data->'ship_to'->>'postal_code' AS postal_code, o.data->'ship_to'->>'city' AS city,
  o.data->'ship_to'->>'country' AS country, o.data->>'created_at' AS created_at, moment(o.placed_at) AS placed_at,
  moment(o.canceled_at) AS canceled_at, ch.code AS channel, o.data->>'customer' AS customer_id,
  id_text('ord_', o.id) AS id, id_text('cart_', o.cart) AS cart_id
FROM raw_order o LEFT JOIN raw_setup ch ON ch.kind = 2 AND id_text('chan_', ch.id) = o.data->>'channel';

-- subtotal is before discounts; tax is contained in it or comes on top, as the channel counts.
CREATE VIEW order_lines AS
SELECT o.number, (l.value->>'line')::bigint AS line, l.value->>'sku' AS sku, l.value->>'title' AS title,
  (l.value->>'ordered')::bigint AS quantity, q.value->'unit_price'->>'amount' AS unit_price,
  q.value->'subtotal'->>'amount' AS subtotal, q.value->'tax_total'->>'amount' AS tax, o.data->'quote'->>'currency' AS currency,
  coalesce((n.counts->>1)::bigint, 0) AS allocated, coalesce((n.counts->>0)::bigint, 0) AS canceled,
  coalesce((n.counts->>2)::bigint, 0) AS shipped, coalesce((n.counts->>3)::bigint, 0) AS delivered,
  coalesce((n.counts->>5)::bigint, 0) AS returned, coalesce((n.counts->>6)::bigint, 0) AS refunded,
  l.value->>'variant' AS variant_id, l.value->>'product' AS product_id, id_text('ord_', o.id) AS order_id
FROM raw_order o
CROSS JOIN json_array_elements(o.data->'lines') l
LEFT JOIN json_array_elements(o.data->'quote'->'lines') q ON q.value->>'line' = l.value->>'line'
CROSS JOIN LATERAL (SELECT o.counts->(l.value->>'line') AS counts) n;

CREATE VIEW order_history AS
SELECT o.number, l.version, moment(l.at) AS at, coalesce(l.action->>'action', l.action#>>'{}') AS action, l.action AS details
FROM raw_order_log l JOIN raw_order o ON o.id = l."order";

CREATE VIEW allocations AS
SELECT o.number, a.line, v.sku, p.code AS location, a.quantity, a.shipped, a.released,
  id_text('var_', a.variant) AS variant_id
FROM raw_allocation a
LEFT JOIN raw_order o ON o.id = a."order"
LEFT JOIN raw_variant v ON v.id = a.variant
LEFT JOIN raw_setup p ON p.kind = 3 AND p.id = a.location;

CREATE VIEW fulfillments AS
SELECT id_text('ful_', f.id) AS id, o.number, f.data->>'status' AS status, p.code AS location,
  f.data->'shipment'->>'carrier' AS carrier, f.data->'shipment'->>'tracking' AS tracking,
  f.data->'shipment'->>'shipped_at' AS shipped_at, f.data->>'delivered_at' AS delivered_at
FROM raw_fulfillment f
LEFT JOIN raw_order o ON o.id = f."order"
LEFT JOIN raw_setup p ON p.kind = 3 AND id_text('loc_', p.id) = f.data->>'location';

CREATE VIEW payments AS
SELECT id_text('pay_', p.id) AS id, o.number, p.data->>'provider' AS provider, p.data->'amount'->>'amount' AS amount,
  p.data->'amount'->>'currency' AS currency, p.data->>'created_at' AS created_at
FROM raw_payment p LEFT JOIN raw_order o ON o.id = p."order";

CREATE VIEW payment_facts AS
SELECT id_text('pay_', p.id) AS payment_id, o.number, f.nr, f.value->>'kind' AS fact,
  f.value->'amount'->>'amount' AS amount, f.value->'amount'->>'currency' AS currency, f.value->>'reference' AS reference,
  f.value->>'at' AS at
FROM raw_payment p
CROSS JOIN json_array_elements(p.data->'facts') WITH ORDINALITY f (value, nr)
LEFT JOIN raw_order o ON o.id = p."order";

CREATE VIEW payment_tasks AS
SELECT id_text('pay_', t.payment) AS payment_id, o.number, t.data->>'kind' AS kind, t.data->>'status' AS status,
  t.data->'amount'->>'amount' AS amount, t.data->'amount'->>'currency' AS currency,
  (t.data->>'attempts')::bigint AS attempts, t.data->>'due_at' AS due_at, t.data->>'last_error' AS last_error
FROM raw_payment_task t
LEFT JOIN raw_payment p ON p.id = t.payment
LEFT JOIN raw_order o ON o.id = p."order";

CREATE VIEW checkouts AS
SELECT id_text('chk_', id) AS id, data->>'status' AS status, data->>'cart' AS cart_id, data->>'problem' AS problem,
  data->>'created_at' AS created_at, data->>'updated_at' AS updated_at
FROM raw_checkout;

CREATE VIEW imports AS
SELECT data->>'file' AS file, run, (data->>'batches_done')::bigint AS batches_done, (data->>'created')::bigint AS created,
  (data->>'updated')::bigint AS updated, (data->>'finished')::boolean AS finished, data->>'started_at' AS started_at,
  encode(content, 'hex') AS content
FROM raw_import_run;

CREATE VIEW events AS
SELECT e.seq, moment(e.at) AS at,
  CASE e.kind WHEN 1 THEN 'product.changed' WHEN 2 THEN 'price.changed' WHEN 3 THEN 'stock.changed'
    WHEN 6 THEN 'order.placed' WHEN 7 THEN 'order.canceled' WHEN 8 THEN 'payment.authorized'
    WHEN 9 THEN 'payment.captured' WHEN 10 THEN 'payment.voided' WHEN 11 THEN 'payment.refunded'
    WHEN 12 THEN 'payment.failed' WHEN 13 THEN 'payment.disputed' WHEN 14 THEN 'fulfillment.shipped'
    WHEN 15 THEN 'fulfillment.delivered' WHEN 16 THEN 'fulfillment.changed' WHEN 17 THEN 'category.changed'
    ELSE 'event.' || e.kind END AS event,
  record_text(e.subject_kind, e.subject) AS subject, e.subject_seq, coalesce(o.number, po.number) AS order_number,
  e.data::text AS data, id_text('cmd_', e.command) AS command
FROM raw_event e
LEFT JOIN raw_order o ON e.subject_kind = 8 AND o.id = e.subject
LEFT JOIN raw_payment p ON e.subject_kind = 9 AND p.id = e.subject
LEFT JOIN raw_order po ON po.id = p."order";

CREATE VIEW event_consumers AS SELECT consumer, seq FROM raw_cursor;
