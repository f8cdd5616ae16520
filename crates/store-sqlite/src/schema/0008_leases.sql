-- Who may do work now that only one at a time should do. A row stays for ever: its token only grows.

CREATE TABLE raw_lease (
  name   TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  token  INTEGER NOT NULL CHECK (token > 0),
  -- Milliseconds since 1970; NULL once it was given back.
  until  INTEGER
) STRICT, WITHOUT ROWID;

CREATE VIEW leases AS
SELECT name, holder, token, strftime('%Y-%m-%dT%H:%M:%fZ', until / 1000.0, 'unixepoch') AS until FROM raw_lease;
