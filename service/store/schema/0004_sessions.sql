-- The hashes of a device's sessions have 32 bits each, where they had 64: their low halves, as they lie in memory.
UPDATE presence SET sessions = CAST(substr(sessions, 1, 4) || substr(sessions, 9, 4) || substr(sessions, 17, 4) ||
  substr(sessions, 25, 4) AS BLOB);
