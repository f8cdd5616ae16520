-- Tax rates that follow one another, fees. Older shops of this back-end never had rates of another shape.

-- A rate is named by zone, category, name and the moment from which it holds; the smallest number: since ever.
CREATE TABLE raw_tax_rate (
  zone      uuid NOT NULL,
  category  text COLLATE "C" NOT NULL,
  name      text COLLATE "C" NOT NULL,
  begins_at bigint NOT NULL,
  data      json NOT NULL,
  PRIMARY KEY (zone, category, name, begins_at)
);

CREATE VIEW tax_rates AS
SELECT id_text('tz_', t.zone) AS zone_id, z.data->>'name' AS zone, t.category, t.name, t.data->>'rate' AS percent,
  t.data->'window'->>'from' AS valid_from, t.data->'window'->>'until' AS valid_until,
  coalesce((t.data->>'level')::int, 0) AS level
FROM raw_tax_rate t LEFT JOIN raw_setup z ON z.kind = 5 AND z.id = t.zone;

-- raw_setup has a new kind: 16 fee.
CREATE VIEW fees AS
SELECT id_text('fee_', id) AS id, code, data->>'name' AS name, (data->>'active')::boolean AS active
FROM raw_setup WHERE kind = 16;
