-- The number that the broker's gate gave the connection which sent the current session's connect; 0: not known.
ALTER TABLE presence ADD COLUMN connection INTEGER NOT NULL DEFAULT 0;
