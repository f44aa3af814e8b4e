-- How many certificates were made for a uuid in a day: those of its device are in certificate_device, the others are
-- few, and what was never given out counts as well. One is made at a time.
CREATE INDEX certificate_never_given ON certificate (uuid, created_at) WHERE device IS NULL;
CREATE INDEX intent_uuid ON intent (uuid);
