-- How far the copy of a shop into this file has come. While the row is there, the file is open for the copy and for nobody
-- else: most of the shop is missing. source: the number of the shop that is copied. hash: over all records that are written.
CREATE TABLE raw_copy (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  source  BLOB NOT NULL CHECK (length(source) = 16),
  records INTEGER NOT NULL CHECK (records >= 0),
  hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
