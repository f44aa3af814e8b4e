#!/usr/bin/python3
"""Who may log in at the gate, one row each: docs/protocol.md, section 2."""
import socket
import ssl

from gate_world import t, world, wrong
from muster import run
from packets import MQTT31, MQTT311, MQTT5

OK, NOT_AUTHORISED, SHUT = 0, "not authorised", "shut"


# --- logins -----------------------------------------------------------------------------------------------------------

def other_id(key):
    return key[:4] + ("zzzzzzz2" if key[4:12] == "zzzzzzzz" else "zzzzzzzz") + key[12:]


def key_rows(w):
    """(what, expected, listener, certificate, client id, username, password, more)"""
    api, provision, admin = w.devices["dev-a"]["apiKey"], w.key, w.admin
    rows = []
    for who, client, username, key in (("an API key", "dev-a", "dev-a", api), ("a provisioning key", "new-1", "provision",
                                                                               provision), ("an operator key", "boss",
                                                                                            "operator", admin)):
        rows += [("%s, %s" % (who, what), expected, "tls", None, client, username, password, {})
                 for what, expected, password in (
                     ("right", OK, key), ("with a wrong secret", NOT_AUTHORISED, wrong(key)),
                     ("with an unknown id", NOT_AUTHORISED, other_id(key)), ("truncated", NOT_AUTHORISED, key[:-1]),
                     ("too long", NOT_AUTHORISED, key + "a"), ("with a line end", NOT_AUTHORISED, key + "\n"),
                     ("with a NUL behind it", OK, key + "\0"),  # the broker hands over what stands before it
                     ("in capitals", NOT_AUTHORISED, key.upper()),
                     ("empty", NOT_AUTHORISED, ""), ("absent", NOT_AUTHORISED, None), ("binary", NOT_AUTHORISED, b"\xff" * 65),
                     ("of 60000 octets", SHUT, "x" * 60000))]
        rows += [("%s in MQTT %s" % (who, name), OK, "tls", None, client, username, key, {"protocol": version})
                 for name, version in (("3.1", MQTT31), ("3.1.1", MQTT311))]
        rows += [("%s, wrong, in MQTT %s" % (who, name), NOT_AUTHORISED, "tls", None, client, username, wrong(key),
                  {"protocol": version}) for name, version in (("3.1", MQTT31), ("3.1.1", MQTT311))]
        rows += [("%s on loopback" % who, OK, "plain", None, client, username, key, {}),
                 ("%s, wrong, on loopback" % who, NOT_AUTHORISED, "plain", None, client, username, wrong(key), {}),
                 ("%s on 8883" % who, SHUT, "mtls", None, client, username, key, {}),
                 ("%s without a username" % who, NOT_AUTHORISED, "tls", None, client, None, key, {}),
                 ("%s with an empty username" % who, NOT_AUTHORISED, "tls", None, client, "", key, {}),
                 ("%s with another username" % who, NOT_AUTHORISED, "tls", None, client, "nobody", key, {}),
                 ("%s with enhanced authentication" % who, SHUT, "tls", None, client, username, key,
                  {"properties": {"auth_method": "SCRAM-SHA-1", "auth_data": b"x"}}),
                 ("%s and a protocol that does not exist" % who, SHUT, "tls", None, client, username, key, {"protocol": 6}),
                 ("%s and clean session 0" % who, OK, "tls", None, client + "~kept", username, key, {"clean": False})]
    return rows


def identity_rows(w):
    api, provision, admin, service = w.devices["dev-a"]["apiKey"], w.key, w.admin, w.service_key
    tls = [  # (what, expected, client id, username, password)
        ("an API key under another's client id", NOT_AUTHORISED, "dev-b", "dev-a", api),
        ("an API key under another's username", NOT_AUTHORISED, "dev-a", "dev-b", api),
        ("an API key for another device altogether", NOT_AUTHORISED, "dev-b", "dev-b", api),
        ("an API key under a longer id", NOT_AUTHORISED, "dev-a1", "dev-a", api),
        ("an API key under a shorter id", NOT_AUTHORISED, "dev-", "dev-a", api),
        ("an API key under another case", NOT_AUTHORISED, "DEV-A", "dev-a", api),
        ("an API key as provisioning key", NOT_AUTHORISED, "new-1", "provision", api),
        ("an API key as operator key", NOT_AUTHORISED, "boss", "operator", api),
        ("an API key as service key", NOT_AUTHORISED, "_x", "_muster", api),
        ("a provisioning key as API key", NOT_AUTHORISED, "dev-a", "dev-a", provision),
        ("a provisioning key as operator key", NOT_AUTHORISED, "boss", "operator", provision),
        ("an operator key as API key", NOT_AUTHORISED, "dev-a", "dev-a", admin),
        ("an operator key as provisioning key", NOT_AUTHORISED, "new-1", "provision", admin),
        ("an operator key as service key", NOT_AUTHORISED, "_x", "_muster", admin),
        ("a service key as operator key", NOT_AUTHORISED, "boss", "operator", service),
        ("a disabled operator", NOT_AUTHORISED, "boss", "operator", w.gone),
        ("a viewer", OK, "watcher", "operator", w.viewer), ("an operator of one tenant", OK, "acme-op", "operator", w.acme),
        ("an operator under a device's uuid", NOT_AUTHORISED, "dev-b", "operator", admin),
        ("an operator under a device's uuid and a suffix", NOT_AUTHORISED, "dev-b~x", "operator", admin),
        ("an operator under a blocked device's uuid", NOT_AUTHORISED, "a-blocked", "operator", admin),
        ("an operator under a free id with a suffix", OK, "boss~x", "operator", admin),
        ("nobody", NOT_AUTHORISED, "dev-a", None, None), ("nobody under a free id", NOT_AUTHORISED, "x", None, None),
        ("nobody under the service's id", NOT_AUTHORISED, "_muster", None, None),
        ("nobody under an empty id", SHUT, "", None, None),
        ("username without password", NOT_AUTHORISED, "dev-a", "dev-a", None),
        ("an API key that has ended", NOT_AUTHORISED, "a-late", "a-late", w.devices["a-late"]["apiKey"]),
        ("a blocked device", NOT_AUTHORISED, "a-blocked", "a-blocked", w.devices["a-blocked"]["apiKey"]),
        ("a decommissioned device", NOT_AUTHORISED, "a-gone", "a-gone", w.devices["a-gone"]["apiKey"]),
        ("a device that was reset", NOT_AUTHORISED, "a-reset", "a-reset", w.devices["a-reset"]["apiKey"]),
        ("a username that would be SQL", NOT_AUTHORISED, "dev-a", "' OR 1=1 --", api),
        ("a username of 60000 octets", SHUT, "dev-a", "x" * 60000, api),
        ("a username that is no UTF-8", SHUT, "dev-a", b"\xff\xfe", api),
    ] + [("an %s provisioning key still opens a connection" % kind, OK, "new-2", "provision", w.keys[kind])
         for kind in ("expired", "exhausted", "disabled")]
    rows = [(what, expected, "tls", None, *rest, {}) for what, expected, *rest in tls]
    return rows + [
        ("the service on loopback", OK, "plain", None, "_two", "_muster", service, {}),
        ("the service with a wrong secret", NOT_AUTHORISED, "plain", None, "_two", "_muster", wrong(service), {}),
        ("the service with another id", NOT_AUTHORISED, "plain", None, "two", "_muster", service, {}),
        ("the service under a device's uuid", NOT_AUTHORISED, "plain", None, "dev-b", "_muster", service, {}),
        ("the service under another username", NOT_AUTHORISED, "plain", None, "_two", "muster", service, {}),
        ("nobody on loopback", NOT_AUTHORISED, "plain", None, "x", None, None, {})]


GOOD_IDS = [("a suffix", "{}~x"), ("a suffix with everything", "{}~a.b:c-d_e~f!$%"),
            ("a suffix up to 160 octets", "{}~" + "x" * (160 - 6))]
BAD_IDS = [("+", "{}~+"), ("#", "{}~#"), ("/", "{}~/"), ("a space", "{}~a b"), ("é", "{}~é"), ("161 octets", "{}~" + "x" * 155),
           ("a slash for ~", "{}/x")]
BROKEN_IDS = [("a control character", "{}~\x01"), ("DEL", "{}~\x7f"), ("NUL", "{}~a\0b"), ("a tab", "{}~\t"),
              ("no UTF-8", b"dev-a~\xff"),
              ("a surrogate", b"dev-a~\xed\xa0\x80")]
NO_UUIDS = ["_x", "-x", ".x", ":x", "~x", "+", "#", "a+b", "a#b", "a/b", "a b", "$SYS", "é", "a_b\x7f", "x" * 129, "x" * 161]
NO_OPERATORS = ["_x", "+", "a#", "a/b", "a b", "é", "x" * 129, "\x7f", "$" * 161]


def id_rows(w):
    def device(what, expected, client, **more):
        return (what, expected, "tls", None, client, "dev-a", w.devices["dev-a"]["apiKey"], more)

    def fill(client):
        return client.format("dev-a") if isinstance(client, str) else client

    rows = [device("a client id with " + what, OK, fill(client)) for what, client in GOOD_IDS]
    rows += [device("a client id with " + what, NOT_AUTHORISED, fill(client)) for what, client in BAD_IDS]
    rows += [device("a client id with " + what, SHUT, fill(client)) for what, client in BROKEN_IDS]
    rows += [("a provisioning client as %.20r" % uuid, SHUT, "tls", None, uuid, "provision", w.key, {}) for uuid in NO_UUIDS]
    rows += [("a provisioning client as %.20r" % uuid, OK, "tls", None, uuid, "provision", w.key, {})
             for uuid in ("0", "a_b", "00:11:22:33:44:55", "x" * 128, "x" * 128 + "~" + "y" * 31, "a.b-c", "A" * 36)]
    rows += [("an operator as %.20r" % name, SHUT, "tls", None, name, "operator", w.admin, {}) for name in NO_OPERATORS]
    rows += [("an operator as %.20r" % name, OK, "tls", None, name, "operator", w.admin, {})
             for name in ("!", "$boss", "x" * 128, "a:b@c")]
    for who, client, username, key in (("a device", "dev-a", "dev-a", w.devices["dev-a"]["apiKey"]),
                                       ("a provisioning client", "new-3", "provision", w.key)):
        for seconds, expected in ((0, SHUT), (1, OK), (300, OK), (301, SHUT), (65535, SHUT)):
            rows += [("%s with keepalive %d in MQTT %d" % (who, seconds, version), expected, "tls", None, client, username, key,
                      {"keepalive": seconds, "protocol": version}) for version in (MQTT311, MQTT5)]
    return rows


def certificate_rows(w):
    """(what, expected, listener, certificate, client id, username, password, more)"""
    old, api = ssl.TLSVersion, w.devices["dev-c"]["apiKey"]
    named = [("pending", "dev-c", OK), ("active", "c-active", OK), ("expiring", "c-expiring", OK), ("revoked", "c-revoked",
             NOT_AUTHORISED), ("expired by its state", "c-expired", NOT_AUTHORISED), ("expired by its date in the database",
             "c-late", NOT_AUTHORISED), ("superseded", "c-old", NOT_AUTHORISED), ("of a blocked device", "c-blocked",
             NOT_AUTHORISED), ("of a decommissioned device", "c-gone", NOT_AUTHORISED), ("of a device that was reset", "c-reset",
             NOT_AUTHORISED)]
    rows = [("a certificate that is " + what, expected, "mtls", uuid, uuid, None, None, {}) for what, uuid, expected in named]
    mutual = [  # (what, expected, certificate, client id, username, password, more)
        ("the successor of a superseded one", OK, "c-old-new", "c-old", None, None, {}),
        ("a certificate with a suffix", OK, "dev-c", "dev-c~x", None, None, {}),
        ("a certificate with the right API key", OK, "dev-c", "dev-c", "dev-c", api, {}),
        ("a certificate with a wrong API key", OK, "dev-c", "dev-c", "dev-c", wrong(api), {}),
        ("a certificate and an operator's username", OK, "dev-c", "dev-c", "operator", "x", {}),
        ("a certificate and a right operator key", NOT_AUTHORISED, "dev-c", "boss", "operator", w.admin, {}),
        ("a certificate and a right provisioning key", NOT_AUTHORISED, "dev-c", "new-1", "provision", w.key, {}),
        ("a certificate and another's API key", NOT_AUTHORISED, "dev-c", "dev-a", "dev-a", w.devices["dev-a"]["apiKey"], {}),
        ("a certificate of the authority and the service's key", OK, "dev-c", "_x", "_muster", w.service_key, {}),
        ("a certificate and a wrong service key", NOT_AUTHORISED, "dev-c", "_x", "_muster", wrong(w.service_key), {}),
        ("a certificate, the service's key, no service's id", NOT_AUTHORISED, "dev-c", "x", "_muster", w.service_key, {}),
        ("a certificate under another's client id", NOT_AUTHORISED, "dev-c", "dev-b", None, None, {}),
        ("a certificate under a free client id", NOT_AUTHORISED, "dev-c", "free", None, None, {}),
        ("a certificate under the service's client id", NOT_AUTHORISED, "dev-c", "_muster", None, None, {}),
        ("a certificate under a longer client id", NOT_AUTHORISED, "dev-c", "dev-c1", None, None, {}),
        ("an unknown serial, right name", NOT_AUTHORISED, "unknown", "dev-a", None, None, {}),
        ("an unknown serial and the right API key", NOT_AUTHORISED, "unknown", "dev-a", "dev-a",
         w.devices["dev-a"]["apiKey"], {}),
        ("an unknown serial, nobody's name", NOT_AUTHORISED, "nobody", "nobody-ever", None, None, {}),
        ("a known serial on another certificate", NOT_AUTHORISED, "twin", "c-fake", None, None, {}),
        ("the broker's own certificate", SHUT, "server", "dev-c", None, None, {}),
        ("the authority's own certificate", SHUT, "ca", "dev-c", None, None, {}),
        ("an unknown authority", SHUT, "foreign", "dev-a", None, None, {}),
        ("a self-signed certificate", SHUT, "selfmade", "dev-a", None, None, {}),
        ("a certificate of 2020", SHUT, "old", "dev-a", None, None, {}), ("no certificate", SHUT, None, "dev-c", None, None, {}),
        ("a certificate in MQTT 3.1", OK, "dev-c", "dev-c", None, None, {"protocol": MQTT31}),
        ("a certificate in MQTT 3.1.1", OK, "dev-c", "dev-c", None, None, {"protocol": MQTT311}),
        ("a certificate with keepalive 0", SHUT, "dev-c", "dev-c", None, None, {"keepalive": 0}),
        ("a certificate with keepalive 301", SHUT, "dev-c", "dev-c", None, None, {"keepalive": 301}),
        ("a certificate and enhanced authentication", SHUT, "dev-c", "dev-c", None, None, {"properties": {"auth_method": "X"}})]
    rows += [(what, expected, "mtls", *rest) for what, expected, *rest in mutual]
    rows += [("a certificate on 8884", NOT_AUTHORISED, "tls", "dev-c", "dev-c", None, None, {}),
             ("a certificate and the API key on 8884", OK, "tls", "dev-c", "dev-c", "dev-c", api, {})]
    for listener, certificate in (("tls", None), ("mtls", "dev-c")):
        rows += [("TLS %s on %s" % (name, listener), expected, listener, certificate, "dev-c", "dev-c", api,
                  {"tls": {"least": version, "most": version}})
                 for name, version, expected in (("1.0", old.TLSv1, SHUT), ("1.1", old.TLSv1_1, SHUT), ("1.2", old.TLSv1_2, OK),
                                                 ("1.3", old.TLSv1_3, OK))]
    return rows


def as_expected(code, expected, protocol):
    if expected == NOT_AUTHORISED:
        return code == (0x87 if protocol == MQTT5 else 5)
    return code == OK if expected == OK else code != OK


def logins():
    w = world()
    for what, expected, listener, certificate, client, username, password, more in (
            key_rows(w) + identity_rows(w) + id_rows(w) + certificate_rows(w)):
        more = dict(more)
        wire = w.wire(listener, certificate, **more.pop("tls", {}))
        code = wire.connect(client, username, password, **more)
        listed = code == "tls" and "REVOKED" in wire.why.upper() and expected == NOT_AUTHORISED  # the broker's list has it
        t.check(listed or as_expected(code, expected, more.get("protocol", MQTT5)), "login: %s: %s" % (what, expected), code, wire.why)
        if "TLS 1.0" in what or "TLS 1.1" in what:
            t.check("PROTOCOL" in wire.why.upper(), "login: %s: by the broker's word" % what, wire.why)
        if code == OK:
            t.check(wire.ping(), "login: %s: and is served" % what)
            wire.disconnect()
        wire.drop()


def nothing_but_mqtt():
    """No websockets on any port, and nothing listens beside the three."""
    w = world()
    for listener in ("plain", "tls", "mtls"):
        wire = w.wire(listener, "dev-c" if listener == "mtls" else None)
        wire.open()
        wire.sock.settimeout(3)
        try:
            wire.sock.sendall(b"GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n"
                              b"Sec-WebSocket-Version: 13\r\n\r\n")
            heard = wire.sock.recv(100)
        except (TimeoutError, socket.timeout, OSError):
            heard = b""
        t.check(b"101" not in heard, "no websocket on %s" % listener, heard)
    ports = run(["ss", "-Hltnp"]).stdout if run(["sh", "-c", "command -v ss"]).returncode == 0 else ""
    mine = [line for line in ports.splitlines() if "pid=%d," % w.broker.pid in line]
    t.check(not ports or len(mine) == 3, "the broker listens on three sockets", mine)


t.run(logins, nothing_but_mqtt)
