#!/usr/bin/python3
"""Who may do what, one row each, played against the real broker with its gate and the real service. docs/protocol.md,
sections 2 and 3. Logins are in test_gate_logins.py, stories of several connections in test_gate_stories.py."""
import json
import re

from gate_world import ADMIN, DEVICE, EVENT, leave, t, visitor, world, wrong
from gated import ask
from muster import wait_for
from packets import MQTT311, MQTT5, Will

A = DEVICE + "dev-a/"
PASSES, GRANTED, REFUSED, CLOSES = "passes", 1, "refused", "closes"
FORGED = [("muster-stamp", "0123456789abcdef 0000000000000001 operator:admin 127.0.0.1 boss"), ("muster-connection", "x")]


# --- publish ----------------------------------------------------------------------------------------------------------

# what is nobody's but the service's and the broker's
FOREIGN = [EVENT + "default/dev-a/registered", "muster/v1/status/default/dev-a", "muster/v1/service/state",
           "muster/v1/service/probe", "muster/v1/gate/connected", "muster/v1/gate/disconnected", "muster/v1/gate/refused",
           "$CONTROL/muster/v1", "$CONTROL/muster/deliver/v1", "$CONTROL/dynamic-security/v1", "$SYS/broker/version", "$other/x",
           "x", "muster", "muster/v1", "muster/v1/device", "muster/v2/device/dev-a/get", "MUSTER/v1/device/dev-a/get",
           "/muster/v1/device/dev-a/get", "muster/v1/x/y"]


def publish_rows():
    """(who, topic, more, expected)"""
    rows = [(who, DEVICE + uuid + "/" + word, {}, PASSES) for who, uuid, words in (
        ("api", "dev-a", ("get", "connect", "update", "heartbeat", "register", "foo", "a_b9", "x", "w" * 32)),
        ("api4", "dev-a", ("get", "foo")), ("api3", "dev-a", ("get",)), ("suffix", "dev-a", ("get", "heartbeat", "foo")),
        ("cert", "dev-c", ("get", "connect", "heartbeat")), ("prov", "claim-1", ("register", "provision")),
        ("prov4", "claim-2", ("register",))) for word in words]
    rows += [(who, DEVICE + uuid + "/get", {"qos": 0}, PASSES) for who, uuid in (("api", "dev-a"), ("cert", "dev-c"))]
    rows += [("api", A + "get", {"dup": True}, PASSES), ("api", "", {}, CLOSES)]
    # init allows none, but mosquitto 2.0.11 forgets that when it reads its files again; the gate sees the topic that is meant
    rows += [("api", topic, {"topic_alias": number}, CLOSES) for topic in (A + "get", DEVICE + "dev-b/get", "")
             for number in (0, 65535)]
    rows += [("api", "", {"topic_alias": 1}, CLOSES), ("api", A + "get", {"topic_alias": 1}, PASSES),
             ("api", DEVICE + "dev-b/get", {"topic_alias": 1}, REFUSED)]
    own = ("", "will", "reply", "reply/a", "get/x", "get/accepted", "get/rejected", "get/", "Get", "get-now", "get.x", "ge t",
           "$get", "é", "w" * 33)
    rows += [(who, DEVICE + uuid + "/" + word, {}, REFUSED) for who, uuid, words in (
        ("api", "dev-a", own), ("api4", "dev-a", own[:4]), ("api3", "dev-a", own[1:3]), ("cert", "dev-c", own[:6]),
        ("suffix", "dev-a", own[1:4]),
        ("prov", "claim-1", own[:6] + ("get", "connect", "heartbeat", "update", "disconnect", "reset", "renew", "foo",
                                       "register/accepted", "provision/x")), ("prov4", "claim-2", ("get", "connect")))
        for word in words]
    others = ("dev-b/get", "dev-b/connect", "dev-b/get/accepted", "dev-b/will", "dev-a1/get", "dev-/get", "nobody/register",
              "DEV-A/get", "dev-a~s/get", "acme-1/reset")
    rows += [(who, DEVICE + topic, {}, REFUSED) for who in ("api", "suffix", "cert", "prov", "admin", "viewer", "acme")
             for topic in others]
    rows += [("prov", DEVICE + uuid + "/register", {}, REFUSED) for uuid in ("claim-11", "claim-", "claim-2", "new-9")]
    rows += [(who, topic, {"retain": True}, REFUSED) for who, topic in (
        ("api", A + "get"), ("api4", A + "get"), ("cert", DEVICE + "dev-c/get"), ("prov", DEVICE + "claim-1/register"),
        ("admin", ADMIN + "boss/stats/overview"))]
    rows += [(who, topic, {}, REFUSED) for who in ("api", "prov", "admin", "viewer") for topic in FOREIGN]
    rows += [(who, topic, {}, REFUSED) for who in ("api4", "cert", "acme") for topic in FOREIGN[:9]]
    rows += [(who, topic, {}, REFUSED) for who in ("api", "cert", "prov") for topic in (
        ADMIN + "boss/stats/overview", ADMIN + "dev-a/stats/overview", ADMIN + "claim-1/key/list")]
    rows += [(who, topic, {"qos": 0}, REFUSED) for who, topic in (
        ("api", DEVICE + "dev-b/get"), ("prov", DEVICE + "claim-1/get"), ("admin", DEVICE + "dev-a/get"),
        ("viewer", "muster/v1/service/state"))]
    rows += [(who, topic, {"qos": 2}, CLOSES) for who, topic in (
        ("api", A + "get"), ("cert", DEVICE + "dev-c/get"), ("prov", DEVICE + "claim-1/register"),
        ("admin", ADMIN + "boss/stats/overview"))]
    rows += [(who, topic, {}, CLOSES) for who in ("api", "prov", "admin") for topic in (A + "+", A + "#", "#")]
    rows += [("api", "$share/g/" + A + "get", {}, REFUSED), ("api", "$share/g", {}, REFUSED)]
    return rows + operator_rows() + service_rows()


def operator_rows():
    rows = [(who, ADMIN + client + "/" + words, {}, PASSES) for who, client in (("admin", "boss"), ("viewer", "watcher"),
                                                                              ("acme", "acme-op"), ("admin4", "boss4"))
            for words in ("stats/overview", "key/list", "x/y")]
    rows += [(who, ADMIN + client + "/" + words, {}, REFUSED) for who, client in (("admin", "boss"), ("viewer", "watcher"))
             for words in ("", "key", "stats/overview/accepted", "stats/overview/rejected", "reply", "reply/", "a/b/c", "/",
                           "key/", "/list")]
    rows += [(who, ADMIN + client + "/stats/overview", {}, REFUSED) for who, client in (
        ("admin", "watcher"), ("viewer", "boss"), ("acme", "boss"), ("admin", "bos"), ("admin", "boss2"), ("admin", "_muster"),
        ("admin4", "boss"))]
    return rows


def service_rows():
    rows = [("service", topic, {}, PASSES) for topic in (A + "get/accepted", EVENT + "x/y/z", "muster/v1/service/x",
                                                         ADMIN + "boss/a/b/accepted", DEVICE + "nobody/reply")]
    return rows + [("service", topic, {}, REFUSED) for topic in ("x", "muster", "muster/v2/x", "$SYS/x", "$share/g/muster/v1/x",
                                                                "$CONTROL/dynamic-security/v1", "$CONTROL/x")]


def publishes():
    """A row passes when a connection of the service hears it, on its topic, and the sender is told so."""
    w, spy = world(), world().spy()
    for number, (who, topic, more, expected) in enumerate(publish_rows()):
        wire, mark = visitor(who), "row-%d." % number
        what = "publish: %s on %.60s %s: %s" % (who, topic, more or "", expected)
        code = wire.publish(topic, json.dumps({"requestId": mark}), **more)
        if more.get("qos") == 0:
            wire.ping()
        heard = [each.topic for each in spy.with_payload(mark)]
        if expected == PASSES:
            t.check(topic in heard and code in (None, 0) and not wire.closed, what, code, heard, wire.why)
        elif expected == CLOSES:
            t.check(wire.is_closed(2) and not heard, what, code, heard)
        else:
            right = {MQTT5: 0x87}.get(wire.protocol, 0) if more.get("qos") != 0 else None
            t.check(code == right and not heard and not wire.closed, what, code, heard, wire.why)
    t.check(w.service.poll() is None and w.broker.poll() is None and w.answers(5), "broker and service live on")
    t.check(not any(each.retain for each in spy.look() if each.topic.startswith(DEVICE)), "nothing was retained for devices")


def odd_payloads():
    """Whatever the payload is, it goes through or is refused, and never harms."""
    spy = world().spy()
    for what, payload in (("empty", b""), ("NUL", b"\0"), ("no UTF-8", b"\xff" * 20), ("16 KiB", b"x" * 16384),
                          ("17 KiB", b"y" * 17408), ("60 KiB", b"z" * 61440)):
        code = visitor("api").publish(A + "foo", payload)
        t.check(code == 0 and any(each.payload == payload for each in spy.on(A + "foo")), "publish: api, payload %s" % what, code)
    wire = visitor("api")
    wire.publish(A + "foo", b"x" * 70000)
    t.check(wire.is_closed(2), "publish: api, 70000 octets: closes")
    t.equal(visitor("api").publish(A + "get", b""), 0, "publish: api goes on with a new connection")


# --- subscribe --------------------------------------------------------------------------------------------------------

EVERYBODYS = ["#", "+/#", "+", "+/v1/#", "muster/#", "muster/v1/#", "muster/+/device/dev-a/#", "muster/v1/+/dev-a/#",
              "muster/v1/device/#", "muster/v1/device/+/#", "muster/v1/device/+/get", "muster/v1/device/+/+/accepted",
              "muster/v1/device/dev-b/#", "muster/v1/device/dev-b/get/accepted", "muster/v1/device/nobody/#", "muster/v1/admin/#",
              "muster/v1/admin/+/#", "muster/v1/admin/+/reply", "muster/v1/admin/_x/#", "muster/v1/service/#",
              "muster/v1/service/probe", "muster/v1/gate/#", "muster/v1/gate/connected", "muster/v1/+/+/+/+", "$SYS/#",
              "$SYS/broker/clients/connected", "$CONTROL/#", "$CONTROL/muster/v1", "$CONTROL/muster/deliver/v1", "$share/g/#",
              "$share/g/muster/v1/device/dev-a/#", "$share/g/muster/v1/event/#", "x", "/#", "/muster/v1/device/dev-a/#"]


def subscribe_rows():
    """(who, filter, expected)"""
    inside = ("#", "+", "get/accepted", "+/accepted", "+/+", "get/#", "+/#", "x/y/z", "", "reply/#", "will", "connect")
    rows = [(who, DEVICE + uuid + "/" + words, GRANTED) for who, uuid in (
        ("api", "dev-a"), ("cert", "dev-c"), ("prov", "claim-1")) for words in inside]
    rows += [(who, DEVICE + uuid + "/#", GRANTED) for who, uuid in (("api4", "dev-a"), ("suffix", "dev-a"), ("prov4", "claim-2"))]
    rows += [(who, DEVICE + words, REFUSED) for who in ("api", "suffix") for words in ("dev-a", "dev-a1/#", "dev-/#", "DEV-A/#",
                                                                                    "dev-a~s/#", "+/get/accepted")]
    rows += [("prov", DEVICE + words, REFUSED) for words in (
        "claim-1", "claim-11/#", "claim-2/#", "dev-a/#", "+/register/accepted")]
    rows += [(who, topic, REFUSED) for who in ("api", "cert", "prov", "admin", "viewer", "acme") for topic in EVERYBODYS]
    rows += [(who, topic, REFUSED) for who in ("api4", "prov4", "admin4") for topic in EVERYBODYS[:12]]
    watched = ("muster/v1/event/#", "muster/v1/event/default/#", "muster/v1/status/#", "muster/v1/status/default/dev-a",
               "muster/v1/event/+/dev-a/status_changed", "muster/v1/service/state", "muster/v1/status/+/dev-a")
    rows += [(who, topic, REFUSED) for who in ("api", "cert", "prov") for topic in watched]
    rows += [(who, topic, GRANTED) for who in ("admin", "viewer") for topic in watched + ("muster/v1/event/acme/#",)]
    rows += [("acme", topic, GRANTED) for topic in (
        "muster/v1/event/acme/#", "muster/v1/status/acme/#", "muster/v1/service/state", "muster/v1/event/acme/acme-1/+",
        "muster/v1/event/acme/+/status_changed")]
    rows += [("acme", topic, REFUSED) for topic in watched[:5] + (
        "muster/v1/event/acm/#", "muster/v1/event/acme-1/#", "muster/v1/event/acme", "muster/v1/event/+/#",
        "muster/v1/status/+/#")]
    rows += [(who, ADMIN + topic, GRANTED) for who, client in (("admin", "boss"), ("viewer", "watcher"), ("acme", "acme-op"))
             for topic in (client + "/#", client + "/reply", client + "/stats/overview/accepted", client + "/+/+/rejected")]
    rows += [(who, ADMIN + topic, REFUSED) for who, topic in (
        ("admin", "watcher/#"), ("viewer", "boss/#"), ("acme", "boss/#"), ("admin", "bos/#"), ("admin", "boss2/#"),
        ("admin", "boss"), ("admin4", "boss/#"))]
    rows += [("service", topic, GRANTED) for topic in ("muster/v1/#", "muster/v1/device/+/+", "muster/v1/service/probe")]
    return rows + [("service", topic, REFUSED) for topic in ("#", "+/#", "muster/#", "$SYS/#", "$CONTROL/#", "x",
                                                            "$share/g/muster/v1/#")]


def subscriptions():
    for who, topic, expected in subscribe_rows():
        wire = visitor(who)
        code = wire.subscribe(topic)
        right = GRANTED if expected == GRANTED else 0x87 if wire.protocol == MQTT5 else 0x80
        t.check(code == right and not wire.closed, "subscribe: %s to %s: %s" % (who, topic, expected), code, wire.why)
    many = visitor("api").subscribe(A + "#", "#", DEVICE + "dev-b/#", A + "+/accepted", "$SYS/#")
    t.equal(many, [1, 0x87, 0x87, 1, 0x87], "subscribe: several filters in one packet are told apart")
    leave()


# --- what is heard ----------------------------------------------------------------------------------------------------

def hear_rows():
    """(who, filter, topic, retain, heard): the service publishes, the visitor has subscribed the filter."""
    rows = [(who, DEVICE + uuid + "/#", DEVICE + uuid + "/" + words, False, heard)
            for who, uuid, heard in (("api", "dev-a", True), ("api4", "dev-a", True), ("suffix", "dev-a", True),
                                     ("cert", "dev-c", True), ("prov", "claim-1", False), ("prov4", "claim-2", False))
            for words in ("get/accepted", "reply", "x/y/z", "register/accepted")]
    rows += [("api", A + "+/accepted", A + "get/accepted", False, True),
             ("prov", DEVICE + "claim-1/+/accepted", DEVICE + "claim-1/provision/accepted", False, False),
             ("prov", DEVICE + "claim-1/register/accepted", DEVICE + "claim-1/register/accepted", False, False)]
    for topic in (EVENT + "{}/u-1/registered", "muster/v1/status/{}/u-1"):
        rows += [(who, re.sub(r"\{\}.*", "", topic) + "#", topic.format(tenant), False, True)
                 for who in ("admin", "viewer", "admin4") for tenant in ("default", "acme")]
        rows += [("acme", re.sub(r"\{\}.*", "", topic) + "acme/#", topic.format(tenant), False, tenant == "acme")
                 for tenant in ("default", "acme", "acme-1")]
    rows += [(who, "muster/v1/service/state", "muster/v1/service/state", False, True) for who in ("admin", "viewer", "acme")]
    return rows + [(who, ADMIN + client + "/#", ADMIN + client + "/" + words, False, False)
                   for who, client in (("admin", "boss"), ("viewer", "watcher"), ("admin4", "boss4"))
                   for words in ("stats/overview/accepted", "reply", "x/y/rejected")]


def heard():
    speaker = world().spy("_speaker").wire
    for number, (who, wanted, topic, retain, expected) in enumerate(hear_rows()):
        wire, mark = visitor(who), b"hear-%d." % number
        t.equal(wire.subscribe(wanted), 1, "hear: %s subscribes %s" % (who, wanted))
        t.equal(speaker.publish(topic, mark, retain=retain), 0, "hear: the service publishes %s" % topic)
        wire.ping()
        wire.ping()
        found = [each.topic for each in wire.receive() if mark in each.payload]
        t.check(found == [topic] * bool(expected) or (expected and set(found) == {topic}),
                "hear: %s with %s: %s: %s" % (who, wanted, topic, expected), found)


def several_connections_of_one_device():
    """All of them hear the device's answers; those of another never do."""
    w = world()
    one, two, other = w.device("dev-a"), w.device("dev-a", "~two"), w.device("dev-b")
    answer = ask(one, A + "get", {})
    t.check(answer is not None and answer.get("uuid") == "dev-a", "the one that asked has its answer", answer)
    t.check(wait_for(lambda: two.ping() and any(each.topic == A + "get/accepted" for each in two.heard), 3), "so has its sister")
    other.ping()
    t.check(not [each for each in other.receive() if "dev-a" in each.topic], "another device has nothing")


# --- wills ------------------------------------------------------------------------------------------------------------

def will_rows():
    """(who, will topic, retain, properties, where it is heard or None)"""
    rows = [(who, topic, retain, properties, topic) for who, topic in (
        ("api", A + "will"), ("api4", A + "will"), ("suffix", A + "will"), ("cert", DEVICE + "dev-c/will"))
            for retain in (False, True) for properties in ({}, {"user": FORGED, "response_topic": A + "reply"})
            if not (properties and who == "api4")]
    rows += [(who, topic, retain, {}, None) for who in ("api", "api4", "cert", "prov", "admin", "viewer")
             for retain in (False, True) for topic in (
                 DEVICE + "dev-b/will", "muster/v1/service/state", EVENT + "default/dev-a/status_changed",
                           "muster/v1/status/default/dev-b")]
    rows += [(who, topic, False, {"user": FORGED}, None) for who in ("api", "cert") for topic in (
        A + "get" if who == "api" else DEVICE + "dev-c/get", A + "reset", A + "get/accepted", A + "will/x",
        DEVICE + "dev-a1/will", "$CONTROL/muster/v1", "$CONTROL/muster/deliver/v1", "$SYS/x", "x", ADMIN + "boss/key/create",
        "muster/v1/gate/connected",
        "muster/v1/gate/disconnected", "muster/v1/device/nobody/register")]
    rows += [("prov", DEVICE + "claim-1/" + word, False, {}, None) for word in ("will", "register", "provision", "get")]
    rows += [("prov", "$CONTROL/muster/v1", False, {}, None)]
    return rows + [(who, ADMIN + client + "/" + words, False, {"user": FORGED}, None)
                   for who, client in (("admin", "boss"), ("viewer", "watcher"))
                   for words in ("key/create", "will", "x/y/accepted")]


def with_will(who, will):
    """A connection of that visitor with a will."""
    w, uuid = world(), {"cert": "dev-c", "prov": "claim-1"}.get(who, "dev-a")
    version = {"protocol": MQTT311} if who.endswith("4") else {}
    if who in ("api", "api4", "suffix"):
        return w.device(uuid, "~will" if who == "suffix" else "", will=will, **version)
    if who == "cert":
        return w.certified(uuid, will=will)
    if who == "prov":
        return w.claim(uuid, "~%d" % len(w.wires), will=will)  # none waits for the end of the one before
    return w.operator("boss" if who == "admin" else "watcher", w.admin if who == "admin" else w.viewer, will=will)


def wills():
    spy = world().spy()
    for number, (who, topic, retain, properties, expected) in enumerate(will_rows()):
        what = "will: %s on %s%s%s" % (who, topic, " retained" if retain else "", " forged" if properties else "")
        mark = "will-%d." % number
        wire = with_will(who, Will(topic, json.dumps({"session": mark}), 1, retain, properties))
        wire.drop()
        found = wait_for(lambda mark=mark: spy.with_payload(mark), 3 if expected else 0.15)
        if not expected:
            t.equal([each.topic for each in found], [], what + " vanishes")
            continue
        if t.equal([each.topic for each in found], [expected], what + " is forwarded once"):
            t.equal((found[0].retain, found[0].payload, "response_topic" in found[0].properties),
                    (False, json.dumps({"session": mark}).encode(), False), what + ": as it was, not retained")
            stamped(found[0], who, what)
    late = world().spy("_late")
    t.equal([each.topic for each in late.look() if each.retain and each.topic.endswith("/will")], [], "no will was retained")


# --- stamps -----------------------------------------------------------------------------------------------------------

HOW = {"api": r"api:\w{8}", "api4": r"api:\w{8}", "suffix": r"api:\w{8}", "cert": r"certificate:[0-9a-f]{36}", "prov": r"key:[a-z2-7]{8}",
       "admin": r"operator:[a-z2-7]{8}", "viewer": r"operator:[a-z2-7]{8}"}
CLIENT = {"api": "dev-a", "api4": "dev-a(~4)?", "suffix": "dev-a~(s|will)", "cert": "dev-c", "prov": "claim-1", "admin": "boss",
          "viewer": "watcher"}


def stamped(message, who, what):
    """Exactly one user property, of the right shape and the true identity."""
    shape = r"[0-9a-f]{16} [0-9a-f]{16} %s 127\.0\.0\.1 %s" % (HOW[who], CLIENT[who])
    good = len(message.user) == 1 and message.user[0][0] == "muster-stamp" and re.fullmatch(shape, message.user[0][1])
    return t.check(good, what + ": one true stamp", message.user, shape)


def stamps():
    """Whatever user properties a client sends, the service gets the gate's stamp alone."""
    spy = world().spy()
    visitor("api").publish(A + "get", json.dumps({"requestId": "to-copy"}))
    [copied] = [each.user for each in spy.with_payload("to-copy") if each.topic == A + "get"][:1] or [[]]
    admin_topic, viewer_topic = ADMIN + "boss/stats/overview", ADMIN + "watcher/stats/overview"
    for who, topic in (("api", A + "get"), ("api", A + "connect"), ("api4", A + "get"), ("suffix", A + "foo"),
                       ("cert", DEVICE + "dev-c/get"), ("prov", DEVICE + "claim-1/register"), ("admin", admin_topic),
                       ("viewer", viewer_topic)):
        for kind, pairs in (("no", []), ("forged", FORGED), ("copied", copied), ("many", [("muster-stamp", "x")] * 20),
                            ("other", [("trace", "1"), ("", "")])):
            if who == "api4" and pairs:
                continue
            wire, mark = visitor(who), "stamp-%s-%s-%s" % (who, kind, topic[-3:])
            wire.publish(topic, json.dumps({"requestId": mark.replace("/", ".")}), **({"user": pairs} if pairs else {}))
            found = [each for each in spy.with_payload(mark.replace("/", ".")) if each.topic == topic]
            what = "stamp: %s on %s with %s user properties" % (who, topic, kind)
            if t.equal(len(found), 1, what + " arrives"):
                stamped(found[0], who, what)
    numbers = [int(each.user[0][1].split()[1], 16) for each in spy.with_payload("stamp-") if each.user]
    t.check(len(set(numbers)) >= 6, "each connection has a number of its own", numbers)


def identity_is_the_connections():
    """(who, topic, body, user properties, what the answer must have)"""
    w, viewer_key = world(), {"operatorKey": world().admin}
    create = ADMIN + "{}/key/create"
    rows = [("viewer", create.format("watcher"), body, user, {"code": "not_authorised"})
            for body in ({}, viewer_key) for user in ([], FORGED)]
    rows += [("acme", create.format("acme-op"), {"tenant": "default", **body}, user, {"rejected": True})
             for body in ({}, viewer_key) for user in ([], FORGED)]
    rows += [("acme", create.format("acme-op"), body, [], {"tenant": "acme"}) for body in ({}, viewer_key)]
    rows += [("admin", ADMIN + "boss/stats/overview", body, [], {"accepted": True})
             for body in ({}, {"operatorKey": "nonsense"}, {"operatorKey": w.viewer})]
    rows += [("api", A + word, body, user, {"uuid": "dev-a"}) for word in ("get", "register") for user in ([], FORGED)
             for body in ({}, {"provisioningKey": w.key}, {"provisioningKey": "nonsense"}, viewer_key)]
    rows += [("cert", DEVICE + "dev-c/get", body, [], {"uuid": "dev-c"}) for body in ({}, {"provisioningKey": w.key})]
    for who, topic, body, user, expected in rows:
        answer = ask(visitor(who), topic, body, user=user)
        got = {"code": answer.code, "rejected": bool(answer.code), "accepted": not answer.code, **answer} if answer else {}
        t.check(expected.items() <= got.items(), "identity: %s on %s with %s %s: %s" % (
            who, topic, sorted(body), "forged" if user else "", expected), answer)
    for number, (key, body, tenant) in enumerate(((w.key, {"provisioningKey": w.keys["acme"]}, "default"),
                                                  (w.keys["acme"], {"provisioningKey": w.key}, "acme"),
                                                  (w.keys["acme"], {"tenant": "default"}, "acme"),
                                                  (w.key, {"operatorKey": w.acme}, "default"))):
        uuid = "true-%d" % number
        answer = ask(w.claim(uuid, key=key), DEVICE + uuid + "/register", body, user=FORGED)
        t.check(answer is not None and answer.get("tenant") == tenant, "identity: a key of %s registers there with %s" % (
            tenant, sorted(body)), answer)
    for kind, code in (("expired", "provisioning_key_expired"), ("exhausted", "provisioning_key_exhausted"),
                       ("disabled", "provisioning_key_disabled")):
        answer = ask(w.claim("late-" + kind, key=w.keys[kind]), DEVICE + "late-%s/register" % kind, {"provisioningKey": w.key})
        t.check(answer is not None and answer.code == code, "identity: an %s key hears so, whatever key it names" % kind, answer)


def unstamped():
    """What has no stamp of the gate's, or one of another payload or topic, is no request, whoever publishes it."""
    w, spy = world(), world().spy()
    visitor("api").publish(A + "get", b'{"requestId":"genuine"}')
    genuine = [each.user for each in spy.with_payload("genuine") if each.topic == A + "get"]
    copied = genuine[0] if genuine else []
    t.check(copied, "stamp: there is one to copy")
    speaker = w.enter(w.wire("plain"), "_liar", "_muster", w.service_key, [A + "+/accepted", A + "+/rejected", ADMIN + "boss/#"])
    for what, topic, body, user in (
            ("none", A + "get", b'{"requestId":"genuine"}', []), ("a forged one", A + "get", b"{}", FORGED),
            ("one of another payload", A + "get", b'{"requestId":"other"}', copied),
            ("one of another topic", DEVICE + "dev-a1/get", b'{"requestId":"genuine"}', copied),
            ("one of another kind", ADMIN + "boss/stats/overview", b'{"requestId":"genuine"}', copied),
            ("two", A + "get", b'{"requestId":"genuine"}', copied + copied)):
        t.check(ask(speaker, topic, body, 1, user=user) is None, "stamp: with %s there is no answer" % what)
    t.check(w.answers(5), "stamp: the service lives on")


def hints():
    """(who, whether the service is told of its coming and going)"""
    w, spy = world(), world().spy()
    comings = [("api", lambda: w.device("acme-1"), "acme-1", True),
               ("api with a suffix", lambda: w.device("acme-1", "~h"), "acme-1~h", True),
               ("certificate", lambda: w.certified("c-active"), "c-active", True),
               ("claim", lambda: w.claim("hint-1"), "hint-1", False),
               ("operator", lambda: w.operator("hint-boss"), "hint-boss", False),
               ("service", lambda: w.spy("_hint").wire, "_hint", False)]

    def told(kind, client):
        return [each for each in spy.on("muster/v1/gate/" + kind) if each.user and each.user[0][1].endswith(" " + client)]

    for what, login, client, expected in comings:
        wire = login()
        for kind in ("connected", "disconnected"):
            wait_for(lambda kind=kind, client=client: told(kind, client), 2 if expected else 0.2)
            t.equal(len(told(kind, client)), int(expected), "hint: %s of %s" % (kind, what))
            wire.drop()
    refused = w.wire().connect("hint-2", "provision", wrong(w.key))
    t.check(refused == 0x87 and wait_for(lambda: told("refused", "hint-2"), 2), "hint: a refused login")


# --- response topics --------------------------------------------------------------------------------------------------

def response_topics():
    """(who, request, Response Topic, whether the answer goes there)"""
    boss, claim = ADMIN + "boss/", DEVICE + "claim-3/"
    rows = [("api", A + "get", A + topic, used) for topic, used in (("reply", True), ("reply/a", True), ("reply/a/b", False),
            ("reply/", False), ("replyx", False), ("get/accepted", False), ("get", False), ("connect", False), ("will", False))]
    foreign = [DEVICE + "dev-b/reply", DEVICE + "dev-a1/reply", boss + "reply", "muster/v1/service/state",
               "muster/v1/gate/connected", EVENT + "default/dev-a/registered", "$CONTROL/muster/v1", "$CONTROL/muster/deliver/v1", "$SYS/x",
               "elsewhere", "x" * 600]
    rows += [("api", A + "get", topic, False) for topic in foreign]
    rows += [("cert", DEVICE + "dev-c/get", topic, topic.startswith(DEVICE + "dev-c/"))
             for topic in (DEVICE + "dev-c/reply", A + "reply", "muster/v1/service/state")]
    rows += [("admin", boss + "stats/overview", topic, used) for topic, used in (
        (boss + "reply", True), (boss + "reply/1", True), (boss + "reply/1/2", False), (ADMIN + "watcher/reply", False),
        (A + "reply", False), (EVENT + "default/x/y", False), ("muster/v1/service/state", False))]
    rows += [("claim", claim + "register", topic, used) for topic, used in (
        (claim + "reply", True), (claim + "reply/a", True), (A + "reply", False), (claim + "register", False),
        (boss + "reply", False))]
    spy, claimant = world().spy(), world().claim("claim-3")
    for who, request, topic, used in rows:
        wire = claimant if who == "claim" else visitor(who)
        answer = ask(wire, request, {"requestId": "r"} if who == "claim" else {}, response_topic=topic)
        right = (topic,) if used else (request + "/accepted", request + "/rejected")
        t.check(answer is not None and answer.topic in right, "response: %s asks for %.60s: %s" % (
            request, topic, "used" if used else "ignored"), answer and answer.topic)
        if not used:
            strays = [each for each in spy.on(topic) if "requestId" in each.payload.decode("utf-8", "replace") and not each.user]
            t.equal([each.payload for each in strays if topic in foreign], [], "response: nothing is said on %.60s" % topic)
        spy.kept.clear()
    for topic in (DEVICE + "+/reply", A + "reply/#", "#"):
        wire = world().device("dev-a", "~wild")
        ask(wire, A + "get", {}, 1, response_topic=topic)
        t.check(world().answers(5), "response: the service lives after %s" % topic)


t.run(publishes, odd_payloads, subscriptions, heard, several_connections_of_one_device, wills, stamps,
      unstamped, hints, identity_is_the_connections, response_topics)
