-- Who is about to sign: what was never given out stands on that one's list.
ALTER TABLE intent ADD COLUMN issuer INTEGER NOT NULL DEFAULT 1;
