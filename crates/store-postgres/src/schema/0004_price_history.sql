-- What was charged when. A price that holds says since when; one that is replaced or taken away moves to the past in the
-- same commit. Of price lists every wording is kept, because a list whose window opens changes prices by the clock alone.

ALTER TABLE raw_price ADD COLUMN since bigint NOT NULL DEFAULT (extract(epoch FROM now()) * 1000)::bigint;
ALTER TABLE raw_price ALTER COLUMN since DROP DEFAULT;

CREATE TABLE raw_price_past (
  variant          uuid NOT NULL,
  list             uuid NOT NULL,
  min_quantity     bigint NOT NULL,
  since            bigint NOT NULL,
  until            bigint NOT NULL,
  amount           bigint NOT NULL CHECK (amount >= 0),
  currency         text COLLATE "C" NOT NULL,
  compare_at       bigint,
  compare_currency text COLLATE "C",
  PRIMARY KEY (variant, list, min_quantity, since),
  CHECK (since < until)
);
CREATE FUNCTION raw_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is never changed', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER raw_price_past_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON raw_price_past
  FOR EACH STATEMENT EXECUTE FUNCTION raw_refuse('the past of prices');

-- The newest row of a list is the list as it is; a row ends where the next begins.
CREATE TABLE raw_price_list_since (
  list  uuid NOT NULL,
  since bigint NOT NULL,
  data  json NOT NULL,
  PRIMARY KEY (list, since)
);
INSERT INTO raw_price_list_since (list, since, data)
SELECT id, (extract(epoch FROM now()) * 1000)::bigint, data FROM raw_setup WHERE kind = 4;
CREATE FUNCTION raw_only_newest_list() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF NEW.list <> OLD.list OR NEW.since <> OLD.since
    OR EXISTS (SELECT FROM raw_price_list_since WHERE list = OLD.list AND since > OLD.since) THEN
    RAISE EXCEPTION 'the past of price lists is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER raw_price_list_since_stays BEFORE UPDATE ON raw_price_list_since
  FOR EACH ROW EXECUTE FUNCTION raw_only_newest_list();
CREATE TRIGGER raw_price_list_since_is_kept BEFORE DELETE OR TRUNCATE ON raw_price_list_since
  FOR EACH STATEMENT EXECUTE FUNCTION raw_refuse('the past of price lists');

CREATE VIEW price_history AS
WITH known AS (
  SELECT variant, list, min_quantity, since, until, amount, currency, compare_at, compare_currency FROM raw_price_past
  UNION ALL
  SELECT variant, list, min_quantity, since, NULL, amount, currency, compare_at, compare_currency FROM raw_price
)
SELECT v.sku, id_text('var_', p.variant) AS variant_id, l.data->>'name' AS price_list, p.min_quantity,
  moment(p.since) AS since, moment(p.until) AS until, decimal_of(p.amount, p.currency) AS amount, p.currency,
  decimal_of(p.compare_at, coalesce(p.compare_currency, p.currency)) AS compare_at
FROM known p
LEFT JOIN raw_variant v ON v.id = p.variant
LEFT JOIN raw_setup l ON l.kind = 4 AND l.id = p.list;

CREATE VIEW price_list_history AS
SELECT id_text('pl_', list) AS id, data->>'name' AS name, moment(since) AS since,
  moment(lead(since) OVER (PARTITION BY list ORDER BY since)) AS until, data->>'currency' AS currency,
  data->>'customer_group' AS customer_group, data->'window'->>'from' AS valid_from,
  data->'window'->>'until' AS valid_until, (data->>'priority')::int AS priority
FROM raw_price_list_since;
