-- Who signed: the key identifiers of the issuing authorities, of which the first is the one that there was until now.
CREATE TABLE issuer (id INTEGER PRIMARY KEY, key_id TEXT NOT NULL UNIQUE) STRICT;
ALTER TABLE certificate ADD COLUMN issuer INTEGER NOT NULL DEFAULT 1;
-- The certificate that it was renewed from: its lineage.
ALTER TABLE certificate ADD COLUMN replaces INTEGER;
CREATE INDEX certificate_replaces ON certificate (replaces) WHERE replaces IS NOT NULL;
-- When it has to be looked at next (NULL: never), and how many warnings of its end have been told.
ALTER TABLE certificate ADD COLUMN due_at INTEGER;
ALTER TABLE certificate ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
CREATE INDEX certificate_due ON certificate (due_at) WHERE due_at IS NOT NULL;
-- One that was never used until now has a day more; the others are looked at once.
UPDATE certificate SET due_at = CASE state WHEN 'pending' THEN unixepoch() * 1000 + 86400000 ELSE 0 END
  WHERE state IN ('pending', 'active');
-- All that a CRL tells, in an index of its own: the rows hold much more.
CREATE INDEX certificate_ended ON certificate (issuer, not_after, certificate_id, ended_at, reason)
  WHERE state IN ('revoked', 'superseded');
INSERT INTO meta VALUES ('crl_number', 0), ('crl_told', 0), ('service_sequence', 0);

-- Two generations: the next one waits for its first use, the current one then ends, or at its time (0: never).
ALTER TABLE api_key ADD COLUMN next INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_key ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;

-- Hardware whose certificate was revoked does not enrol again with the provisioning key that it used, until it is
-- released. Its names are its uuid, and what it said of its hardware.
CREATE TABLE hold (
  kind TEXT NOT NULL, value TEXT NOT NULL, uuid TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (kind, value, uuid)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_uuid ON hold (uuid);

-- An event of the service itself is of no device.
CREATE TABLE event_new (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device INTEGER REFERENCES device (id), sequence INTEGER NOT NULL,
  uuid TEXT NOT NULL, tenant TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
  UNIQUE (device, sequence)
) STRICT;
INSERT INTO event_new SELECT id, device, sequence, uuid, tenant, type, at, body FROM event;
-- The numbers go on where they were, also when no event is left.
DELETE FROM sqlite_sequence WHERE name = 'event_new';
INSERT INTO sqlite_sequence SELECT 'event_new', seq FROM sqlite_sequence WHERE name = 'event';
DROP TABLE event;
ALTER TABLE event_new RENAME TO event;
