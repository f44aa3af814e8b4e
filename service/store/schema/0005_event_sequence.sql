-- With the status that its events tell: a device that goes offline then changes a page of the narrow table alone.
ALTER TABLE presence ADD COLUMN event_sequence INTEGER NOT NULL DEFAULT 0;
UPDATE presence SET event_sequence = (SELECT event_sequence FROM device WHERE device.id = presence.device);
ALTER TABLE device DROP COLUMN event_sequence;
