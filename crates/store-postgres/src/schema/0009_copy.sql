-- How far the copy of a shop into this schema has come. While the row is there, the shop is open for the copy and for nobody
-- else: most of it is missing. source: the number of the shop that is copied. hash: over all records that are written.
CREATE TABLE raw_copy (
  one     boolean PRIMARY KEY CHECK (one),
  source  uuid NOT NULL,
  records bigint NOT NULL CHECK (records >= 0),
  hash    bytea NOT NULL CHECK (length(hash) = 32)
);
