-- A change of the authority's files, durable before a file is touched, and gone when its answer is durable. A kill in
-- between leaves it: the next start sees in the files what became of it, and whoever repeats the request hears that.
CREATE TABLE authority_change (
  id INTEGER PRIMARY KEY CHECK (id = 1), -- one at a time
  open INTEGER NOT NULL,                 -- 0: it was refused, after it may have changed some file
  action TEXT NOT NULL,                  -- ca/rotate, ca/drop
  issuer TEXT NOT NULL,                  -- the id of who issued before, or of who is dropped
  actor TEXT NOT NULL, scope TEXT NOT NULL, request_id TEXT NOT NULL, body_hash BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;
