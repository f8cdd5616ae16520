-- Tax rates that follow one another, the tax of deliveries, fees.

-- A rate is named by zone, category, name and the moment from which it holds; the smallest number: since ever.
CREATE TABLE raw_tax_rate_of_time (
  zone      BLOB NOT NULL CHECK (length(zone) = 16),
  category  TEXT NOT NULL,
  name      TEXT NOT NULL,
  begins_at INTEGER NOT NULL,
  data      TEXT NOT NULL,
  PRIMARY KEY (zone, category, name, begins_at)
) STRICT, WITHOUT ROWID;
INSERT INTO raw_tax_rate_of_time (zone, category, name, begins_at, data)
SELECT zone, category, name,
  ifnull(CAST(round((julianday(json_extract(data, '$.window.from')) - 2440587.5) * 86400000.0) AS INTEGER),
    -9223372036854775807 - 1),
  data
FROM raw_tax_rate;
DROP VIEW tax_rates;
DROP TABLE raw_tax_rate;
ALTER TABLE raw_tax_rate_of_time RENAME TO raw_tax_rate;

CREATE VIEW tax_rates AS
SELECT 'tz_' || lower(hex(t.zone)) AS zone_id, json_extract(z.data, '$.name') AS zone, t.category, t.name,
  json_extract(t.data, '$.rate') AS percent, json_extract(t.data, '$.window.from') AS valid_from,
  json_extract(t.data, '$.window.until') AS valid_until, ifnull(json_extract(t.data, '$.level'), 0) AS level
FROM raw_tax_rate t LEFT JOIN raw_setup z ON z.kind = 5 AND z.id = t.zone;

-- A delivery had a tax category or none; now it says how it is taxed. Its dangerous goods stay at home unless it takes them.
UPDATE raw_setup
SET data = json_remove(
  json_set(data, '$.tax', json(CASE
    WHEN json_extract(data, '$.tax_category') IS NULL THEN '"untaxed"'
    ELSE json_object('category', json_extract(data, '$.tax_category')) END)),
  '$.tax_category')
WHERE kind = 7 AND json_type(data, '$.tax') IS NULL;

-- raw_setup has a new kind: 16 fee. raw_order.extra has fees and what holds of tax.
CREATE VIEW fees AS
SELECT 'fee_' || lower(hex(id)) AS id, code, json_extract(data, '$.name') AS name, json_extract(data, '$.active') AS active
FROM raw_setup WHERE kind = 16;
