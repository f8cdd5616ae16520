-- What was charged when. A price that holds says since when; one that is replaced or taken away moves to the past in the
-- same commit. Of price lists every wording is kept, because a list whose window opens changes prices by the clock alone.
--
-- Nobody wrote down when the prices of an older file began, so their history begins with this migration.

ALTER TABLE raw_price ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE raw_price SET since = CAST(unixepoch('subsec') * 1000 AS INTEGER);

CREATE TABLE raw_price_past (
  variant          BLOB NOT NULL CHECK (length(variant) = 16),
  list             INTEGER NOT NULL,
  min_quantity     INTEGER NOT NULL,
  since            INTEGER NOT NULL,
  until            INTEGER NOT NULL,
  amount           INTEGER NOT NULL CHECK (amount >= 0),
  currency         TEXT NOT NULL,
  compare_at       INTEGER,
  compare_currency TEXT,
  PRIMARY KEY (variant, list, min_quantity, since),
  CHECK (since < until)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER raw_price_past_stays BEFORE UPDATE ON raw_price_past
BEGIN SELECT RAISE(ABORT, 'past prices are never changed'); END;
CREATE TRIGGER raw_price_past_is_kept BEFORE DELETE ON raw_price_past
BEGIN SELECT RAISE(ABORT, 'past prices are never taken away'); END;

-- The newest row of a list is the list as it is; a row ends where the next begins.
CREATE TABLE raw_price_list_since (
  list  BLOB NOT NULL CHECK (length(list) = 16),
  since INTEGER NOT NULL,
  data  TEXT NOT NULL,
  PRIMARY KEY (list, since)
) STRICT, WITHOUT ROWID;
INSERT INTO raw_price_list_since (list, since, data)
SELECT id, CAST(unixepoch('subsec') * 1000 AS INTEGER), data FROM raw_setup WHERE kind = 4;
CREATE TRIGGER raw_price_list_since_stays BEFORE UPDATE ON raw_price_list_since
WHEN NEW.list <> OLD.list OR NEW.since <> OLD.since
  OR EXISTS (SELECT 1 FROM raw_price_list_since WHERE list = OLD.list AND since > OLD.since)
BEGIN SELECT RAISE(ABORT, 'the past of price lists is never changed'); END;
CREATE TRIGGER raw_price_list_since_is_kept BEFORE DELETE ON raw_price_list_since
BEGIN SELECT RAISE(ABORT, 'the past of price lists is never taken away'); END;

CREATE VIEW price_history AS
WITH known AS (
  SELECT variant, list, min_quantity, since, until, amount, currency, compare_at, compare_currency FROM raw_price_past
  UNION ALL
  SELECT variant, list, min_quantity, since, NULL, amount, currency, compare_at, compare_currency FROM raw_price
)
SELECT v.sku, 'var_' || lower(hex(p.variant)) AS variant_id, json_extract(l.data, '$.name') AS price_list,
  p.min_quantity,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.since / 1000.0, 'unixepoch') AS since,
  strftime('%Y-%m-%dT%H:%M:%fZ', p.until / 1000.0, 'unixepoch') AS until,
  iif(c.exponent = 0, p.amount || '', printf('%d.%0*d', p.amount / c.unit, c.exponent, p.amount % c.unit)) AS amount,
  p.currency,
  iif(c.exponent = 0, p.compare_at || '',
    iif(p.compare_at IS NULL, NULL, printf('%d.%0*d', p.compare_at / c.unit, c.exponent, p.compare_at % c.unit)))
    AS compare_at
FROM known p
JOIN raw_currency c ON c.code = p.currency
LEFT JOIN raw_variant v ON v.id = p.variant
LEFT JOIN raw_short s ON s.key = p.list
LEFT JOIN raw_setup l ON l.kind = 4 AND l.id = s.id;

CREATE VIEW price_list_history AS
SELECT 'pl_' || lower(hex(list)) AS id, json_extract(data, '$.name') AS name,
  strftime('%Y-%m-%dT%H:%M:%fZ', since / 1000.0, 'unixepoch') AS since,
  strftime('%Y-%m-%dT%H:%M:%fZ', lead(since) OVER (PARTITION BY list ORDER BY since) / 1000.0, 'unixepoch') AS until,
  json_extract(data, '$.currency') AS currency, json_extract(data, '$.customer_group') AS customer_group,
  json_extract(data, '$.window.from') AS valid_from, json_extract(data, '$.window.until') AS valid_until,
  json_extract(data, '$.priority') AS priority
FROM raw_price_list_since;
