-- Which credential's first use shows that an answer was heard: the id of a certificate or of an API key.
ALTER TABLE request ADD COLUMN credential TEXT NOT NULL DEFAULT '';
