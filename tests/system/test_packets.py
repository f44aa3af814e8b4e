#!/usr/bin/python3
"""The packet library against a plain mosquitto: what the tests of the gate stand on is right by itself."""
import os
import ssl

from muster import Checks, end, folder, free_ports, run, start, wait_for
from packets import MQTT31, MQTT311, MQTT5, Will
from wire import CLOSED, NOBODY, TLS, Tls, Wire

t = Checks()
WHERE = folder()
PLAIN, ONE_WAY, MUTUAL, EMPTY = free_ports(4)
CONF = """listener %d 127.0.0.1
max_qos 1
listener %d 127.0.0.1
certfile {0}/server.pem
keyfile {0}/server.key
listener %d 127.0.0.1
certfile {0}/server.pem
keyfile {0}/server.key
cafile {0}/ca.pem
require_certificate true
allow_anonymous true
acl_file {0}/acl
""" % (PLAIN, ONE_WAY, MUTUAL)
ACL = "topic readwrite open/#\ntopic read quiet/#\npattern write %c/#\n"


def openssl(*words):
    made = run(["openssl", *words], cwd=WHERE)
    if made.returncode != 0:
        raise RuntimeError("openssl %s: %s" % (words[0], made.stderr))


def broker():
    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("ca", "stranger"):
        openssl("req", "-x509", *ec, "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=" + name)
    for name in ("server", "client"):
        openssl("req", *ec, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name, "-addext",
                "subjectAltName=DNS:localhost")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                name + ".pem", "-copy_extensions", "copy")
    for name, text in (("conf", CONF.format(WHERE)), ("acl", ACL)):
        with open(os.path.join(WHERE, name), "w", encoding="utf-8") as file:
            file.write(text)
    os.chmod(WHERE, 0o755)
    os.chmod(os.path.join(WHERE, "server.key"), 0o644)
    child = start(["mosquitto", "-c", os.path.join(WHERE, "conf")], os.path.join(WHERE, "log"))
    wait_for(lambda: Wire(PLAIN).open() is None, 5)
    return child


def tls(certificate=None, **more):
    path = os.path.join(WHERE, "%s")
    return Tls(path % "ca.pem", certificate and path % certificate + ".pem", certificate and path % certificate + ".key",
               **more)


def logged_in(client_id, port=PLAIN, secure=None, **more):
    wire = Wire(port, secure)
    t.equal(wire.connect(client_id, **more), 0, "%s connects" % client_id)
    return wire


def every_version_speaks():
    for version in (MQTT31, MQTT311, MQTT5):
        sender, hearer = (logged_in("%s%d" % (who, version), protocol=version) for who in ("sender", "hearer"))
        t.equal(hearer.subscribe("open/#"), 1, "SUBACK")
        for qos in (0, 1):
            t.equal(sender.publish("open/a", b"\0\xff" * 200, qos=qos), 0 if qos else None, "PUBACK")
            heard = hearer.receive(0.3)
            t.equal([(m.topic, m.payload, m.qos, m.retain) for m in heard], [("open/a", b"\0\xff" * 200, qos, False)], "heard")
        t.check(hearer.unsubscribe("open/#") in ([], [0]), "UNSUBACK")
        t.check(sender.ping(), "PINGRESP")
        sender.publish("open/a", b"x")
        t.equal(hearer.receive(0.1), [], "nothing after UNSUBSCRIBE")
        sender.disconnect()
        hearer.drop()


def refusals_are_seen():
    for version, publish, subscribe in ((MQTT311, 0, 0x80), (MQTT5, 0x87, 0x87)):
        wire = logged_in("me", protocol=version)
        t.equal(wire.publish("quiet/a"), publish, "a refused PUBLISH in version %d" % version)
        wire.drop()
        wire = logged_in("me", protocol=version)
        t.equal(wire.subscribe("open/a", "$SYS/#", qos=0)[0], 0, "several codes in version %d" % version)
        wire.drop()
    t.check(Wire(PLAIN).connect("x", protocol=9) != 0, "a version that does not exist")
    wire = logged_in("qos")
    t.equal((wire.publish("open/a", b"", qos=2), wire.is_closed(2), wire.reason), (None, True, 0x9B), "QoS 2 closes")
    t.equal(Wire(EMPTY).connect("x"), NOBODY, "no listener")
    t.equal(Wire(PLAIN).connect("x\0y"), CLOSED, "a NUL in the client id")
    t.check(Wire(PLAIN).connect("x", properties={"auth_method": "m"}) == 0x8C, "an authentication method is answered")
    t.check(Wire(PLAIN).connect("x", flags=3) == CLOSED, "the reserved flag closes")


def properties_go_both_ways():
    sender, hearer = logged_in("sender"), logged_in("hearer")
    hearer.subscribe("open/#")
    pairs = [("a", "1"), ("a", "2"), ("", "")]
    t.equal(sender.publish("open/p", b"{}", response_topic="open/r", correlation=b"\0\1", user=pairs, message_expiry=60,
                           payload_format=1, content_type="json"), 0, "PUBACK")
    [heard] = hearer.receive(0.3)
    t.equal(heard.user, pairs, "user properties")
    t.equal({k: heard.properties.get(k) for k in ("response_topic", "correlation", "payload_format", "content_type")},
            {"response_topic": "open/r", "correlation": b"\0\1", "payload_format": 1, "content_type": "json"}, "the others")
    t.equal(sender.publish("open/long", b"1", topic_alias=1), 0, "an alias is set")
    t.equal(sender.publish("", b"2", topic_alias=1), 0, "and used")
    t.equal([(m.topic, m.payload) for m in hearer.receive(0.3)], [("open/long", b"1"), ("open/long", b"2")], "alias heard")
    t.equal(sender.publish("open/kept", b"k", retain=True), 0, "retained")
    late = logged_in("late", properties={"session_expiry": 30, "user": [("x", "y")]}, clean=False)
    late.subscribe("open/kept")
    t.equal([(m.payload, m.retain) for m in late.receive(0.3)], [(b"k", True)], "a retained message comes later")
    late.drop()
    again = logged_in("late", clean=False)
    t.check(again.connack.session_present, "the session was kept")
    sender.publish("open/kept", b"", retain=True)


def wills_go_out():
    hearer = logged_in("hearer")
    hearer.subscribe("open/#")
    for version in (MQTT31, MQTT311, MQTT5):
        will = Will("open/will", b"w%d" % version, 1, False, {"user": [("f", "g")], "correlation": b"c"})
        logged_in("dead", will=will, protocol=version).drop()
        heard = hearer.receive(0.5)
        t.equal([m.payload for m in heard], [will.payload], "the will of version %d" % version)
        t.equal(heard[0].user, [("f", "g")] if version == MQTT5 else [], "its properties")
        logged_in("polite", will=will, protocol=version).disconnect()
        t.equal(hearer.receive(0.3), [], "no will after DISCONNECT")


def displacement_is_seen():
    first = logged_in("same")
    second = logged_in("same")
    t.check(first.is_closed(2), "the first is closed")  # mosquitto 2.0 sends no DISCONNECT then
    t.check(second.ping(), "the second lives")


def tls_tells_why():
    old = ssl.TLSVersion
    for what, port, secure, expected, words in (
            ("TLS", ONE_WAY, tls(), 0, ""), ("TLS 1.2", ONE_WAY, tls(most=old.TLSv1_2), 0, ""),
            ("TLS 1.3", ONE_WAY, tls(least=old.TLSv1_3), 0, ""),
            ("mutual TLS", MUTUAL, tls("client"), 0, ""),
            ("mutual TLS 1.2", MUTUAL, tls("client", most=old.TLSv1_2), 0, ""),
            ("TLS 1.1", ONE_WAY, tls(most=old.TLSv1_1), TLS, "ALERT"), ("TLS 1.0", ONE_WAY, tls(most=old.TLSv1), TLS, "ALERT"),
            ("no certificate", MUTUAL, tls(), TLS, "ALERT"),
            ("no certificate, 1.2", MUTUAL, tls(most=old.TLSv1_2), TLS, "ALERT"),
            ("a stranger's certificate", MUTUAL, tls("stranger"), TLS, "ALERT"), ("no TLS", ONE_WAY, None, CLOSED, "")):
        wire = Wire(port, secure)
        t.equal(wire.connect("secure"), expected, what)
        t.check(words in wire.why.upper(), "%s: the broker says why" % what, wire.why)
        wire.drop()


def a_session_is_resumed():
    for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        secure = tls(most=most)
        first = logged_in("resume", ONE_WAY, secure)
        first.ping()
        session = first.session
        first.disconnect()
        second = Wire(ONE_WAY, secure, session)
        t.equal(second.connect("resume"), 0, "connects with the session")
        t.check(second.sock.session_reused, "the session of %s is resumed" % most.name)


BROKER = broker()
try:
    t.run(every_version_speaks, refusals_are_seen, properties_go_both_ways, wills_go_out, displacement_is_seen, tls_tells_why,
          a_session_is_resumed)
finally:
    end(BROKER)
