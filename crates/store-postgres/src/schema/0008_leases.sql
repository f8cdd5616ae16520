-- Who may do work now that only one at a time should do. A row stays for ever: its token only grows.

CREATE TABLE raw_lease (
  name   text COLLATE "C" PRIMARY KEY,
  holder text NOT NULL,
  token  bigint NOT NULL CHECK (token > 0),
  -- Milliseconds since 1970 by the server's clock; NULL once it was given back.
  until  bigint
);

CREATE VIEW leases AS SELECT name, holder, token, moment(until) AS until FROM raw_lease;
