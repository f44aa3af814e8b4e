-- The overview tells how many wait for approval: they are few among many.
CREATE INDEX device_pending ON device (tenant) WHERE state = 1;
