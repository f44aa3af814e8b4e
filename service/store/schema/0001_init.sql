-- Times are milliseconds since 1970, but not_before and not_after: seconds, as in a certificate.
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('event_acknowledged', 0);

CREATE TABLE tenant (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO tenant VALUES ('default', 0);

CREATE TABLE device (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE,
  device_id TEXT UNIQUE,
  tenant TEXT NOT NULL REFERENCES tenant (id),
  name TEXT NOT NULL, type TEXT NOT NULL, api_endpoint TEXT NOT NULL, hardware TEXT NOT NULL, tags TEXT NOT NULL,
  state INTEGER NOT NULL,
  manual INTEGER NOT NULL, credential_used INTEGER NOT NULL, offline_after INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, registered_at INTEGER NOT NULL,
  event_sequence INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX device_tenant ON device (tenant, uuid);

-- Narrow and apart from device: it is written far more often.
CREATE TABLE presence (
  device INTEGER PRIMARY KEY REFERENCES device (id),
  online INTEGER NOT NULL, since INTEGER NOT NULL, last_seen INTEGER NOT NULL,
  sequence INTEGER NOT NULL, sessions BLOB NOT NULL
) STRICT;

CREATE TABLE provisioning_key (
  id TEXT PRIMARY KEY, tenant TEXT NOT NULL REFERENCES tenant (id), hash BLOB NOT NULL,
  uses INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL, disabled_at INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
  device_types TEXT NOT NULL, replace_device INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE key_use (
  key TEXT NOT NULL REFERENCES provisioning_key (id), uuid TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (key, uuid)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
  id TEXT PRIMARY KEY, device INTEGER NOT NULL REFERENCES device (id), hash BLOB NOT NULL, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_device ON api_key (device);

CREATE TABLE operator (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
  tenant TEXT NOT NULL, -- '': all tenants
  hash BLOB NOT NULL, disabled_at INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is about to be signed. A row that survives a start is a certificate that may have been made and was never given
-- out: it becomes a revoked one.
CREATE TABLE intent (
  certificate_id TEXT PRIMARY KEY, uuid TEXT NOT NULL, tenant TEXT NOT NULL, public_key BLOB NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
  id INTEGER PRIMARY KEY,
  certificate_id TEXT NOT NULL UNIQUE,
  device INTEGER REFERENCES device (id), -- NULL: never given out
  uuid TEXT NOT NULL, tenant TEXT NOT NULL,
  public_key BLOB NOT NULL, fingerprint BLOB, pem TEXT,
  state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
  created_at INTEGER NOT NULL, activated_at INTEGER NOT NULL DEFAULT 0, ended_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX certificate_device ON certificate (device, id);
CREATE INDEX certificate_public_key ON certificate (public_key);

CREATE TABLE request (
  scope TEXT NOT NULL, request_id TEXT NOT NULL, body_hash BLOB NOT NULL,
  answer TEXT,     -- NULL: its certificate is being made
  had_secret INTEGER NOT NULL, sealed BLOB,
  device INTEGER NOT NULL, -- whose registration it is, or 0
  at INTEGER NOT NULL,
  PRIMARY KEY (scope, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_at ON request (at);
CREATE INDEX request_sealed ON request (at) WHERE sealed IS NOT NULL;
CREATE INDEX request_device ON request (device) WHERE device <> 0;

-- Events and the outbox in one: what is above meta.event_acknowledged has not been acknowledged by the broker.
CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device INTEGER NOT NULL REFERENCES device (id), sequence INTEGER NOT NULL,
  uuid TEXT NOT NULL, tenant TEXT NOT NULL, type TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
  UNIQUE (device, sequence)
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, tenant TEXT NOT NULL, target TEXT NOT NULL,
  origin TEXT NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;
