/*
 * Every statement of the service, in one list; prepared at the start, so that a wrong one is found there.
 * X(name, text). Parameters are $1..$n in order of appearance.
 */
#ifndef MUSTER_STORE_SQL_H
#define MUSTER_STORE_SQL_H

#define SQL_DEVICE_COLUMNS                                                                                             \
    "device.id, device.uuid, device.device_id, device.tenant, device.name, device.type, device.api_endpoint, "         \
    "device.hardware, device.tags, device.state, device.manual, device.credential_used, device.offline_after, "        \
    "device.created_at, device.updated_at, device.registered_at, presence.online, presence.since, "                    \
    "presence.last_seen, presence.sequence, presence.sessions, presence.connection, certificate.certificate_id, "      \
    "certificate.not_before, "                                                                                         \
    "certificate.not_after, certificate.state "

#define SQL_DEVICE_TABLES                                                                                              \
    "FROM device JOIN presence ON presence.device = device.id LEFT JOIN certificate ON certificate.id = "              \
    "coalesce((SELECT id FROM certificate used WHERE used.device = device.id AND used.state IN "                       \
    "('active', 'expiring') ORDER BY id DESC LIMIT 1), (SELECT id FROM certificate made WHERE "                        \
    "made.device = device.id AND made.state = 'pending' ORDER BY id DESC LIMIT 1), "                                   \
    "(SELECT max(id) FROM certificate newest WHERE newest.device = device.id)) "

#define SQL_KEY_COLUMNS                                                                                                \
    "id, tenant, hash, uses, used, expires_at, disabled_at, created_at, device_types, replace_device "

#define SQL_CERTIFICATE_COLUMNS                                                                                        \
    "certificate.id, certificate_id, coalesce(device, 0), uuid, tenant, public_key, fingerprint, state, reason, "      \
    "not_before, not_after, created_at, activated_at, ended_at, told, renewal, "                                       \
    "coalesce((SELECT key_id FROM issuer WHERE issuer.id = certificate.issuer), '') "

#define SQL_LIVE "('pending', 'active', 'expiring')" /* the states of a certificate that is not ended */

/* Ended by a clock that was ahead: at a time to come. Not of a device that was reset since, or has got another one.
 * Two parameters: ms and seconds since 1970. */
#define SQL_ENDED_TOO_SOON(ms, seconds)                                                                                \
    "state = 'expired' AND ended_at > " ms " AND not_after >= " seconds                                                \
    " AND EXISTS (SELECT 1 FROM device owner WHERE owner.id = certificate.device AND owner.state IN (2, 3, 4) AND "    \
    "owner.registered_at <= certificate.created_at) AND NOT EXISTS (SELECT 1 FROM certificate other WHERE "            \
    "other.device = certificate.device AND other.id > certificate.id AND other.state IN " SQL_LIVE ")"

#define SQL_EVENT_COLUMNS "id, coalesce(device, 0), sequence, at, uuid, tenant, type, body "

#define SQL_LIST(X)                                                                                                    \
    X(SQL_BEGIN, "BEGIN IMMEDIATE")                                                                                    \
    X(SQL_COMMIT, "COMMIT")                                                                                            \
    X(SQL_ROLLBACK, "ROLLBACK")                                                                                        \
    X(SQL_SAVEPOINT, "SAVEPOINT event")                                                                                \
    X(SQL_RELEASE, "RELEASE event")                                                                                    \
    X(SQL_UNDO, "ROLLBACK TO event")                                                                                   \
    X(SQL_DEVICE_GET, "SELECT " SQL_DEVICE_COLUMNS SQL_DEVICE_TABLES "WHERE device.uuid = $1")                         \
    X(SQL_DEVICE_BRIEF, "SELECT coalesce(device_id, ''), tenant, online, since, last_seen, sequence, sessions, "       \
                        "connection FROM presence JOIN device ON device.id = presence.device "                         \
                        "WHERE presence.device = $1")                                                                  \
    X(SQL_DEVICE_INSERT,                                                                                               \
      "INSERT INTO device (uuid, device_id, tenant, name, type, api_endpoint, hardware, tags, state, manual, "         \
      "credential_used, offline_after, created_at, updated_at, registered_at) "                                        \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)")                                     \
    X(SQL_DEVICE_UPDATE,                                                                                               \
      "UPDATE device SET device_id = $1, tenant = $2, name = $3, type = $4, api_endpoint = $5, hardware = $6, "        \
      "tags = $7, state = $8, manual = $9, credential_used = $10, offline_after = $11, created_at = $12, "             \
      "updated_at = $13, registered_at = $14 WHERE id = $15")                                                          \
    X(SQL_DEVICE_LIST,                                                                                                 \
      "SELECT " SQL_DEVICE_COLUMNS SQL_DEVICE_TABLES "WHERE device.uuid > $1 ORDER BY device.uuid LIMIT $2")           \
    X(SQL_DEVICE_LIST_TENANT, "SELECT " SQL_DEVICE_COLUMNS SQL_DEVICE_TABLES                                           \
                              "WHERE device.tenant = $1 AND device.uuid > $2 ORDER BY device.uuid LIMIT $3")           \
    X(SQL_DEVICE_COUNT,                                                                                                \
      "SELECT count(*), count(*) FILTER (WHERE state IN (2, 3)), count(*) FILTER (WHERE online = 1), "                 \
      "count(*) FILTER (WHERE state = 1) FROM device JOIN presence ON presence.device = device.id "                    \
      "WHERE tenant = $1")                                                                                             \
    X(SQL_DEVICE_PENDING, "SELECT count(*) FROM device WHERE state = 1")                                               \
    X(SQL_DEVICE_USED, "UPDATE device SET credential_used = 1, manual = 0 WHERE id = $1")                              \
    X(SQL_PRESENCE_EACH, "SELECT device.id, uuid, type, state, offline_after, credential_used, online, sessions, "     \
                         "connection "                                                                                 \
                         "FROM device NOT INDEXED JOIN presence ON presence.device = device.id ORDER BY device.id")    \
    X(SQL_PRESENCE_INSERT, "INSERT INTO presence (device, online, since, last_seen, sequence, sessions, connection) "  \
                           "VALUES ($1, $2, $3, $4, $5, $6, $7)")                                                      \
    X(SQL_PRESENCE_SET,                                                                                                \
      "UPDATE presence SET online = $1, since = $2, last_seen = $3, sequence = $4, sessions = $5, connection = $6 "    \
      "WHERE device = $7")                                                                                             \
    X(SQL_PRESENCE_SEEN, "UPDATE presence SET last_seen = $1 WHERE device = $2")                                       \
    X(SQL_KEY_GET, "SELECT " SQL_KEY_COLUMNS "FROM provisioning_key WHERE id = $1")                                    \
    X(SQL_KEY_INSERT,                                                                                                  \
      "INSERT INTO provisioning_key (id, tenant, hash, uses, expires_at, created_at, device_types, replace_device) "   \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")                                                                       \
    X(SQL_KEY_DISABLE, "UPDATE provisioning_key SET disabled_at = $1 WHERE id = $2 AND disabled_at = 0")               \
    X(SQL_KEY_LIST, "SELECT " SQL_KEY_COLUMNS "FROM provisioning_key WHERE ($1 = '' OR tenant = $1) AND id > $2 "      \
                    "ORDER BY id LIMIT $3")                                                                            \
    X(SQL_KEY_USE_ADD, "INSERT INTO key_use (key, uuid, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")               \
    X(SQL_KEY_USE_COUNT, "UPDATE provisioning_key SET used = used + 1 WHERE id = $1 AND used < uses")                  \
    X(SQL_API_KEY_HOLDS, "SELECT next FROM api_key JOIN device ON device.id = api_key.device "                         \
                         "WHERE api_key.id = $1 AND device.uuid = $2 AND expires_at NOT BETWEEN 1 AND $3")             \
    X(SQL_API_KEY_DROP, "DELETE FROM api_key WHERE device = $1")                                                       \
    X(SQL_API_KEY_DROP_OTHERS, "DELETE FROM api_key WHERE device = $1 AND id <> $2")                                   \
    X(SQL_API_KEY_DROP_ENDED, "DELETE FROM api_key WHERE device = $1 AND expires_at BETWEEN 1 AND $2")                 \
    X(SQL_API_KEY_DROP_NEXT, "DELETE FROM api_key WHERE device = $1 AND next = 1 AND EXISTS "                          \
                             "(SELECT 1 FROM api_key other WHERE other.device = $2 AND other.next = 0 AND "            \
                             "other.expires_at NOT BETWEEN 1 AND $3)")                                                 \
    X(SQL_API_KEY_INSERT,                                                                                              \
      "INSERT INTO api_key (id, device, hash, created_at, next, expires_at) VALUES ($1, $2, $3, $4, $5, $6)")          \
    X(SQL_API_KEY_LIMIT, "UPDATE api_key SET expires_at = CASE WHEN expires_at BETWEEN 1 AND $1 THEN expires_at "      \
                         "ELSE $2 END, next = 0 WHERE device = $3")                                                    \
    X(SQL_API_KEY_BOUND, "UPDATE api_key SET expires_at = $1 WHERE next = 0 AND expires_at > $2 AND "                  \
                         "device IN (SELECT device FROM api_key WHERE next = 1)")                                      \
    X(SQL_API_KEY_PROMOTE, "UPDATE api_key SET next = 0 WHERE id = $1")                                                \
    X(SQL_API_KEY_EXPIRY, "SELECT expires_at FROM api_key WHERE device = $1 ORDER BY id = $2 DESC, next DESC LIMIT 1") \
    X(SQL_OPERATOR_GET, "SELECT id, name, role, tenant, hash, disabled_at, created_at FROM operator WHERE id = $1")    \
    X(SQL_OPERATOR_INSERT,                                                                                             \
      "INSERT INTO operator (id, name, role, tenant, hash, created_at) VALUES ($1, $2, $3, $4, $5, $6) "               \
      "ON CONFLICT (name) DO UPDATE SET id = excluded.id, role = excluded.role, hash = excluded.hash")                 \
    X(SQL_TENANT_EXISTS, "SELECT 1 FROM tenant WHERE id = $1")                                                         \
    X(SQL_INTENT_INSERT, "INSERT INTO intent (certificate_id, uuid, tenant, public_key, not_before, not_after, at, "   \
                         "issuer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")                                            \
    X(SQL_INTENT_DELETE, "DELETE FROM intent WHERE certificate_id = $1")                                               \
    X(SQL_INTENT_CLOSE,                                                                                                \
      "INSERT INTO certificate (certificate_id, uuid, tenant, public_key, state, reason, not_before, not_after, "      \
      "created_at, ended_at, issuer) SELECT certificate_id, uuid, tenant, public_key, 'revoked', 'never_issued', "     \
      "not_before, not_after, at, $1, issuer FROM intent WHERE $2 IN ('', certificate_id)")                            \
    X(SQL_REQUEST_DROP, "DELETE FROM request WHERE scope = $1 AND request_id = $2")                                    \
    X(SQL_INTENT_OF, "SELECT EXISTS (SELECT 1 FROM intent WHERE uuid = $1)")                                           \
    X(SQL_INTENT_COUNT, "SELECT count(*) FROM intent")                                                                 \
    X(SQL_INTENT_CLEAR, "DELETE FROM intent")                                                                          \
    X(SQL_ISSUER_ADD, "INSERT INTO issuer (key_id) VALUES ($1) ON CONFLICT DO NOTHING")                                \
    X(SQL_ISSUER_GET, "SELECT id FROM issuer WHERE key_id = $1")                                                       \
    X(SQL_ISSUER_LIVE, "SELECT count(*) FROM certificate INDEXED BY certificate_due WHERE due_at IS NOT NULL AND "     \
                       "issuer = (SELECT id FROM issuer WHERE key_id = $1)")                                           \
    X(SQL_CERTIFICATE_INSERT,                                                                                          \
      "INSERT INTO certificate (certificate_id, device, uuid, tenant, public_key, fingerprint, pem, state, "           \
      "not_before, not_after, created_at, issuer, replaces, renewal, due_at) "                                         \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11, nullif($12, 0), $13, nullif($14, 0))")         \
    X(SQL_CERTIFICATE_ACTIVATE,                                                                                        \
      "UPDATE certificate SET state = 'active', activated_at = $1, due_at = nullif($2, 0) WHERE id = $3")              \
    X(SQL_CERTIFICATE_END,                                                                                             \
      "UPDATE certificate SET state = $1, reason = $2, ended_at = $3, due_at = NULL WHERE id = $4")                    \
    X(SQL_CERTIFICATE_END_ALL, "UPDATE certificate SET state = $1, reason = $2, ended_at = $3, due_at = NULL "         \
                               "WHERE device = $4 AND id <> $5 AND state IN " SQL_LIVE)                                \
    X(SQL_CERTIFICATE_END_PENDING, "UPDATE certificate SET state = 'superseded', reason = 'superseded', "              \
                                   "ended_at = $1, due_at = NULL "                                                     \
                                   "WHERE device = $2 AND id <> $3 AND state = 'pending'")                             \
    X(SQL_CERTIFICATE_DUE, "SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate WHERE due_at <= $1 "                    \
                           "ORDER BY due_at LIMIT 1")                                                                  \
    X(SQL_CERTIFICATE_REVIVE_DEVICES, "UPDATE device SET state = 3 WHERE state = 2 AND id IN (SELECT device FROM "     \
                                      "certificate WHERE " SQL_ENDED_TOO_SOON("$1", "$2") ")")                         \
    X(SQL_CERTIFICATE_REVIVE, "UPDATE certificate SET state = CASE WHEN activated_at = 0 THEN 'pending' "              \
                              "WHEN told > 0 THEN 'expiring' ELSE 'active' END, reason = '', ended_at = 0, "           \
                              "due_at = $1 WHERE " SQL_ENDED_TOO_SOON("$2", "$3"))                                     \
    X(SQL_CERTIFICATE_DUE_NEXT, "SELECT min(due_at) FROM certificate WHERE due_at IS NOT NULL")                        \
    X(SQL_CERTIFICATE_TOLD, "UPDATE certificate SET state = $1, told = $2, due_at = nullif($3, 0) WHERE id = $4")      \
    X(SQL_CERTIFICATE_DUE_RANGE,                                                                                       \
      "UPDATE certificate SET due_at = 0 WHERE id BETWEEN $1 AND $2 AND due_at IS NOT NULL AND state <> 'pending'")    \
    X(SQL_CERTIFICATE_LAST, "SELECT coalesce(max(id), 0) FROM certificate")                                            \
    X(SQL_CERTIFICATE_UNKNOWN,                                                                                         \
      "INSERT INTO certificate (certificate_id, uuid, tenant, public_key, state, reason, not_before, not_after, "      \
      "created_at, ended_at, issuer) VALUES ($1, '-', 'default', x'', 'revoked', $2, $3, $4, $5, $6, $7) "             \
      "ON CONFLICT DO NOTHING")                                                                                        \
    X(SQL_CERTIFICATE_NTH,                                                                                             \
      "SELECT created_at FROM (SELECT created_at FROM (SELECT created_at FROM certificate WHERE device = (SELECT id "  \
      "FROM device WHERE uuid = $1) ORDER BY id DESC LIMIT $2) UNION ALL SELECT created_at FROM (SELECT created_at "   \
      "FROM certificate WHERE uuid = $1 AND device IS NULL ORDER BY created_at DESC LIMIT $2)) "                       \
      "ORDER BY created_at DESC LIMIT 1 OFFSET $2 - 1")                                                                \
    X(SQL_CERTIFICATE_LINEAGE,                                                                                         \
      "WITH RECURSIVE line (id) AS (SELECT $1 UNION SELECT heir.id FROM certificate heir JOIN line "                   \
      "ON heir.replaces = line.id) SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate JOIN line USING (id) "           \
      "WHERE state <> 'revoked' AND (not_after >= $2 OR certificate.id = $1) ORDER BY certificate.id LIMIT $3")        \
    X(SQL_CERTIFICATE_LIVE, "SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate WHERE device = $1 AND "                \
                            "state IN " SQL_LIVE " ORDER BY id DESC LIMIT $2")                                         \
    X(SQL_CERTIFICATE_PEM, "SELECT coalesce(pem, '') FROM certificate WHERE id = $1")                                  \
    X(SQL_CERTIFICATE_GET, "SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate WHERE certificate_id = $1")             \
    X(SQL_CERTIFICATE_LIST, "SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate WHERE id > $1 ORDER BY id LIMIT $2")   \
    X(SQL_CERTIFICATE_LIST_TENANT,                                                                                     \
      "SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3")         \
    X(SQL_CERTIFICATE_LIST_DEVICE,                                                                                     \
      "SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate WHERE device = $1 AND id > $2 ORDER BY id LIMIT $3")         \
    /* By issuer, not ended: first among the next rows; else through certificate_due, 70 ms a page of a million. */    \
    X(SQL_CERTIFICATE_NEAR_ISSUER,                                                                                     \
      "SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate WHERE certificate.id > $1 AND certificate.id <= $2 AND "     \
      "due_at IS NOT NULL AND issuer = (SELECT issuer.id FROM issuer WHERE key_id = $3) ORDER BY certificate.id "      \
      "LIMIT $4")                                                                                                      \
    X(SQL_CERTIFICATE_LIST_ISSUER,                                                                                     \
      "SELECT " SQL_CERTIFICATE_COLUMNS "FROM certificate WHERE certificate.id IN (SELECT live.id FROM "               \
      "certificate live INDEXED BY certificate_due WHERE live.due_at IS NOT NULL AND live.issuer = "                   \
      "(SELECT issuer.id FROM issuer WHERE key_id = $1) AND live.id > $2 ORDER BY live.id LIMIT $3) "                  \
      "ORDER BY certificate.id")                                                                                       \
    X(SQL_HOLD_ADD, "INSERT INTO hold (kind, value, uuid, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")         \
    X(SQL_HOLD_FIND, "SELECT EXISTS (SELECT 1 FROM hold JOIN key_use ON key_use.uuid = hold.uuid AND key = $1 "        \
                     "WHERE kind = $2 AND value = $3)")                                                                \
    X(SQL_HOLD_ANY, "SELECT EXISTS (SELECT 1 FROM hold)")                                                              \
    X(SQL_HOLD_OF, "SELECT EXISTS (SELECT 1 FROM hold WHERE uuid = $1)")                                               \
    X(SQL_HOLD_RELEASE, "DELETE FROM hold WHERE uuid = $1")                                                            \
    X(SQL_META_GET, "SELECT value FROM meta WHERE name = $1")                                                          \
    X(SQL_META_SET, "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET "                 \
                    "value = excluded.value")                                                                          \
    X(SQL_DEVICE_CREDENTIALS,                                                                                          \
      "SELECT EXISTS (SELECT 1 FROM api_key WHERE device = $1 AND expires_at NOT BETWEEN 1 AND $2), "                  \
      "EXISTS (SELECT 1 FROM certificate WHERE device = $1 AND state IN " SQL_LIVE ")")                                \
    X(SQL_PUBLIC_KEY_FOREIGN, "SELECT EXISTS (SELECT 1 FROM certificate WHERE public_key = $1 AND uuid <> $2) OR "     \
                              "EXISTS (SELECT 1 FROM intent WHERE public_key = $1 AND uuid <> $2)")                    \
    X(SQL_PUBLIC_KEY_COMPROMISED, "SELECT EXISTS (SELECT 1 FROM certificate WHERE public_key = $1 AND state = "        \
                                  "'revoked' AND reason = 'keyCompromise')")                                           \
    X(SQL_REQUEST_GET,                                                                                                 \
      "SELECT body_hash, answer, had_secret, sealed, at FROM request WHERE scope = $1 AND request_id = $2 AND "        \
      "at >= $3")                                                                                                      \
    X(SQL_REQUEST_PUT,                                                                                                 \
      "INSERT INTO request (scope, request_id, body_hash, answer, had_secret, sealed, device, at, credential) "        \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (scope, request_id) DO UPDATE SET "                     \
      "body_hash = excluded.body_hash, answer = excluded.answer, had_secret = excluded.had_secret, "                   \
      "sealed = excluded.sealed, device = excluded.device, at = excluded.at, credential = excluded.credential")        \
    X(SQL_REQUEST_UNSEAL,                                                                                              \
      "UPDATE request SET sealed = NULL WHERE device = $1 AND device <> 0 AND ($2 = '' OR credential IN ('', $2))")    \
    X(SQL_REQUEST_FORGET, "DELETE FROM request WHERE device = $1 AND device <> 0")                                     \
    X(SQL_REQUEST_UNANSWERED, "DELETE FROM request WHERE answer IS NULL")                                              \
    X(SQL_REQUEST_EXPIRE,                                                                                              \
      "DELETE FROM request WHERE (scope, request_id) IN (SELECT scope, request_id FROM request WHERE at < $1 "         \
      "ORDER BY at LIMIT $2)")                                                                                         \
    X(SQL_REQUEST_EXPIRE_SECRETS, "UPDATE request SET sealed = NULL WHERE at < $1 AND sealed IS NOT NULL")             \
    X(SQL_CHANGE_PUT,                                                                                                  \
      "INSERT OR REPLACE INTO authority_change (id, open, action, issuer, actor, scope, request_id, body_hash, at) "   \
      "VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8)")                                                                    \
    X(SQL_CHANGE_GET, "SELECT open, action, issuer, actor, scope, request_id, body_hash, at FROM authority_change")    \
    X(SQL_CHANGE_CLOSE, "UPDATE authority_change SET open = 0")                                                        \
    X(SQL_CHANGE_DELETE, "DELETE FROM authority_change")                                                               \
    X(SQL_EVENT_COUNT, "UPDATE presence SET event_sequence = event_sequence + 1 WHERE device = $1")                    \
    X(SQL_EVENT_SEQUENCE, "SELECT event_sequence FROM presence WHERE device = $1")                                     \
    X(SQL_EVENT_INSERT, "INSERT INTO event (device, sequence, at, uuid, tenant, type, body) "                          \
                        "VALUES (nullif($1, 0), $2, $3, $4, $5, $6, $7)")                                              \
    X(SQL_EVENT_LIST, "SELECT " SQL_EVENT_COLUMNS "FROM event WHERE id > $1 ORDER BY id LIMIT $2")                     \
    X(SQL_EVENT_OF_DEVICE,                                                                                             \
      "SELECT " SQL_EVENT_COLUMNS "FROM event WHERE device = $1 AND sequence > $2 ORDER BY sequence LIMIT $3")         \
    X(SQL_EVENT_ACKNOWLEDGE, "UPDATE meta SET value = $1 WHERE name = 'event_acknowledged'")                           \
    X(SQL_EVENT_ACKNOWLEDGED, "SELECT value FROM meta WHERE name = 'event_acknowledged'")                              \
    X(SQL_EVENT_EXPIRE, "DELETE FROM event WHERE at < $1 AND id IN (SELECT id FROM event WHERE id <= "                 \
                        "(SELECT value FROM meta WHERE name = 'event_acknowledged') ORDER BY id LIMIT $2)")            \
    X(SQL_AUDIT_LAST, "SELECT hash FROM audit ORDER BY id DESC LIMIT 1")                                               \
    X(SQL_AUDIT_APPEND, "INSERT INTO audit (at, actor, action, tenant, target, origin, outcome, detail, hash) "        \
                        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")

enum sql {
#define SQL_ENUM(name, text) name,
    SQL_LIST(SQL_ENUM)
#undef SQL_ENUM
        SQL_COUNT
};

#endif
