-- What a device got by its own credential is of the lineage of what it had, also when that ended at once: only a renewal
-- lets the other one go on.
ALTER TABLE certificate ADD COLUMN renewal INTEGER NOT NULL DEFAULT 0;
UPDATE certificate SET renewal = 1 WHERE replaces IS NOT NULL;
