#!/usr/bin/python3
"""Bad requests, one row each: the code that docs/protocol.md names, and nothing changed by it."""
import json
import re
import time

from muster import Checks, Stack, folder, make_csr, run, wait_for

t = Checks()
DEVICE, ADMIN = "muster/v1/device/", "muster/v1/admin/tester/"
NO_ANSWER = None


# --- the world in which they are sent ---------------------------------------------------------------------------------

def enrol(stack, asker):
    """Devices of every state and keys of every kind; what the rows below need of them."""
    world = {"key": stack.key, "viewer": stack.viewer, "admin": stack.admin}
    for uuid in ("quiet", "lively", "blocked", "pending", "gone", "empty", "owner"):
        stack.register(asker, uuid)
    asker.device("lively", "connect", {"session": "s1"})
    asker.device("empty", "reset", {})
    for kind, members in (("expired", {"expiresInSeconds": 1, "uses": 5}), ("spent", {"uses": 1}),
                          ("disabled", {"uses": 5}), ("narrow", {"uses": 5, "deviceTypes": ["pump", "valve"]})):
        world[kind], world[kind + "_id"] = stack.new_key(asker, **members)
    asker.device("spender", "register", {"provisioningKey": world["spent"]})
    stack.admin_ask(asker, "key", "disable", {"keyId": world["disabled_id"]})
    world["csr"] = make_csr(folder(), "owner")
    world["certificate"] = asker.device("owner", "provision", {"csr": world["csr"], "requestId": "taken"})["certificateId"]
    asker.device("quiet", "update", {"requestId": "taken", "deviceName": "first"})
    asker.device("quiet", "disconnect", {})
    for verb, uuid in (("block", "blocked"), ("decommission", "gone")):
        t.equal(stack.admin_ask(asker, "device", verb, {"uuid": uuid}).code, "", "device/" + verb)
    time.sleep(1.2)  # until the short key has expired
    return world


def set_states(stack):
    """A state that no operation of version 0.1 leads to is written into the database."""
    stack.kill_service()
    stack.edit("UPDATE device SET state = 1 WHERE uuid = 'pending'")
    stack.start_service()
    stack.wait_ready()


# --- certificate signing requests that nobody should sign -------------------------------------------------------------

def hostile_csrs():
    where = folder()
    good = make_csr(where, "good")
    body = good.splitlines()[1:-1]
    broken = "".join(body)
    at = len(broken) - 12  # within the signature
    swapped = broken[:at] + ("A" if broken[at] != "A" else "B") + broken[at + 1:]
    ca_true = make_csr(where, "ca", ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
                       "-addext", "basicConstraints=critical,CA:TRUE")
    curve = make_csr(where, "koblitz", ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"))
    small = make_csr(where, "small", ("-newkey", "rsa:1024"))
    sha1 = make_csr(where, "sha1", ("-newkey", "rsa:2048"), "-sha1")
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
         where + "/x.key", "-out", where + "/x.pem", "-subj", "/CN=x"])
    p521 = make_csr(where, "p521", ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"))
    frame = "-----BEGIN CERTIFICATE REQUEST-----\n%s\n-----END CERTIFICATE REQUEST-----\n"
    return [("bad signature", frame % swapped, "csr_invalid"), ("RSA-1024", small, "csr_key_unsupported"),
            ("CA:TRUE", ca_true, "csr_invalid"), ("secp256k1", curve, "csr_key_unsupported"),
            ("P-521", p521, "csr_key_unsupported"), ("SHA-1", sha1, "csr_invalid"),
            ("garbage", "hello", "csr_invalid"), ("garbage in a frame", frame % "aGVsbG8=", "csr_invalid"),
            ("no base64", frame % "!!!!", "csr_invalid"), ("two blocks", good + good, "csr_invalid"),
            ("text in front", "subject=x\n" + good, "csr_invalid"), ("truncated", good[:200], "csr_invalid"),
            ("body cut", frame % "".join(body)[:100], "csr_invalid"),
            ("a certificate", open(where + "/x.pem", encoding="utf-8").read(), "csr_invalid"),
            ("a private key", open(where + "/x.key", encoding="utf-8").read(), "csr_invalid"),
            ("an empty frame", frame % "", "csr_invalid"), ("DER behind DER", frame % (broken.rstrip("=") + "AAAA"),
                                                            "csr_invalid"),
            ("5 KiB", good + " " * 5000, "csr_invalid")]


# --- the table --------------------------------------------------------------------------------------------------------

def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


def malformed_rows():
    """(what, payload, code): no operation takes these."""
    broken = {"no object": b"[]", "a number": b"1", "a string": b'"x"', "null": b"null", "only blanks": b"  ",
              "open object": b"{", "open string": b'{"a":"b', "no value": b'{"a":}', "no colon": b'{"a" 1}',
              "no name": b"{1:2}", "trailing comma": b'{"a":1,}', "leading comma": b'{,"a":1}', "two commas":
              b'{"a":1,,"b":2}', "open array": b'{"a":[1}', "wrong bracket": b'{"a":[1}]', "single quotes": b"{'a':1}",
              "bare name": b"{a:1}", "a comment": b'{"a":1/*x*/}', "line comment": b'{"a":1}//x',
              "octets behind": b'{"a":1} x', "two objects": b"{}{}", "a bracket behind": b"{}}", "BOM":
              b"\xef\xbb\xbf{}", "NaN": b'{"a":NaN}', "Infinity": b'{"a":Infinity}', "hex": b'{"a":0x10}',
              "leading zero": b'{"a":01}', "plus": b'{"a":+1}', "no fraction": b'{"a":1.}', "no integer": b'{"a":.5}',
              "no exponent": b'{"a":1e}', "1e999": b'{"a":1e999}', "minus alone": b'{"a":-}', "True": b'{"a":True}',
              "nul word": b'{"a":nul}', "bad escape": b'{"a":"\\x"}', "short \\u": b'{"a":"\\u12"}', "bad \\u":
              b'{"a":"\\u12g4"}', "lone high surrogate": b'{"a":"\\ud800"}', "lone low surrogate": b'{"a":"\\udc00"}',
              "two high surrogates": b'{"a":"\\ud800\\ud800"}', "escaped NUL": b'{"a":"\\u0000"}', "NUL in a string":
              b'{"a":"\0"}', "NUL behind": b"{}\0", "NUL in front": b"\0{}", "only NUL": b"\0", "newline in a string":
              b'{"a":"\n"}', "tab in a string": b'{"a":"\t"}', "0x01 in a string": b'{"a":"\x01"}', "DEL in a string":
              b'{"a":"\x7f"}', "form feed between": b'{\f"a":1}', "stray continuation": b'{"a":"\x80"}',
              "overlong slash": b'{"a":"\xc0\xaf"}', "overlong NUL": b'{"a":"\xc0\x80"}', "cut UTF-8": b'{"a":"\xe2\x82"}',
              "UTF-8 surrogate": b'{"a":"\xed\xa0\x80"}', "above U+10FFFF": b'{"a":"\xf4\x90\x80\x80"}',
              "0xff": b'{"a":"\xff"}', "Latin-1": '{"a":"é"}'.encode("latin-1"), "UTF-16": '{"a":1}'.encode("utf-16"),
              "bad UTF-8 in a name": b'{"\xff":1}', "depth 17": nested(17), "depth 100": nested(100), "arrays of depth 100":
              b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "binary": bytes(range(256))}
    large = {"17 KiB": b'{"a":"' + b"x" * 5000 + b'","b":"' + b"y" * 5000 + b'","c":"' + b"z" * 7500 + b'"}',
             "17 KiB of blanks": b"{}" + b" " * 17 * 1024, "60 KiB of no JSON": b"x" * 60 * 1024, "65 members":
             json.dumps({"m%d" % i: i for i in range(65)}).encode(), "65 members inside":
             json.dumps({"a": {"m%d" % i: i for i in range(65)}}).encode(), "a string of 9 KiB":
             b'{"a":"' + b"x" * 9 * 1024 + b'"}', "a name of 9 KiB": b'{"' + b"x" * 9 * 1024 + b'":1}'}
    twice = {"a member twice": b'{"session":"a","session":"b"}', "twice, by an escape": b'{"session":"a","sessi\\u006fn":"b"}',
             "twice inside": b'{"hardware":{"a":1,"a":2}}', "twice, unknown": b'{"zzz":1,"zzz":1}', "twice, both escaped":
             b'{"\\u0061":1,"\\u0061":2}', "twice, by a surrogate pair": '{"😀":1,"\\ud83d\\ude00":2}'.encode(),
             "empty name twice": b'{"":1,"":2}'}
    return [(what, payload, code) for code, table in
            (("malformed_json", broken), ("too_large", large), ("duplicate_key", twice))
            for what, payload in table.items()]


TEXT, OBJECT, INTEGER, LIST = ([1, True, None, [], {}], [1, "x", None, [], True], ["1", 1.5, None, True, [], {}],
                               ["x", 1, None, {}, True])
LONG = "x" * 600
# member -> (wrong types, wrong values)
MEMBERS = {
    "requestId": (TEXT, ["", "x" * 65, "a b", "é", "a/b", "a\n"]),
    "provisioningKey": (TEXT, [LONG]),
    "operatorKey": (TEXT, [LONG]),
    "deviceName": (TEXT, ["x" * 129, "a\nb", "a\u0085b"]),
    "deviceType": (TEXT, ["x" * 65, "a\tb"]),
    "apiEndpoint": (TEXT, ["x" * 513]),
    "hardware": (OBJECT, [{"a": {}}, {"a": []}, {"a": None}, {"": 1}, {"x" * 65: 1}, {"a": "b\nc"}]),
    "tags": (OBJECT, [{"a": {}}, {"a": [1]}, {"": 1}]),
    "csr": (TEXT, [""]),
    "keyType": (TEXT, ["", "rsa:1024", "rsa:2047", "RSA:2048", "rsa", "ec:p521", "dsa", "x" * 17]),
    "session": (TEXT, ["", "x" * 129, "a\rb"]),
    "firmware": (TEXT, ["x" * 129]),
    "address": (TEXT, ["x" * 129]),
    "uuid": (TEXT, ["", "-a", "a b", "a/b", "é", "x" * 129, "_svc", "+", "$SYS"]),
    "tenant": (TEXT, ["", "Default", "-a", "a b", "x" * 64, "nobody"]),
    "keyId": (TEXT, ["", "x" * 17, "nosuch"]),
    "uses": (INTEGER, [0, -1, 1000000001, 1e300]),
    "expiresInSeconds": (INTEGER, [0, -5, 315360001]),
    "deviceTypes": (LIST, [[1], [None], [[]], [""], ["x" * 65]]),
    "replace": (TEXT, ["", "sometimes", "Always"]),
    "offlineAfterSeconds": (INTEGER, [0, 1, 604801]),
    "limit": (INTEGER, [0, 101, -1]),
    "cursor": (TEXT, ["", "x" * 129]),
    "after": (INTEGER, [-1, 1e16]),
    "certificateId": (TEXT, ["", "x" * 41, "a\nb"]),
    "reason": (TEXT, ["x" * 129, "a\u0085b"]),
}
REGISTER = ["deviceName", "deviceType", "apiEndpoint", "hardware", "tags"]
# operation -> (what it needs, the members that it takes)
DEVICE_OPERATIONS = {"register": ({}, REGISTER), "provision": ({}, REGISTER + ["csr", "keyType"]),
                     "connect": ({"session": "s"}, ["session", "firmware", "address"]), "get": ({}, []),
                     "update": ({}, ["deviceName", "apiEndpoint", "tags"]), "reset": ({}, [])}
ADMIN_OPERATIONS = {"key/create": ({}, ["tenant", "uses", "expiresInSeconds", "deviceTypes", "replace"]),
                    "key/list": ({}, ["limit", "cursor"]), "key/show": ({}, ["keyId"]),
                    "key/disable": ({}, ["keyId"]), "device/create": ({"uuid": "fresh"}, ["uuid", "tenant",
                                                                                         "offlineAfterSeconds"] + REGISTER),
                    "device/list": ({}, ["limit", "cursor"]), "device/show": ({}, ["uuid"]),
                    "device/events": ({"uuid": "quiet"}, ["uuid", "after", "limit"]), "stats/overview": ({}, []),
                    "device/block": ({"uuid": "quiet"}, ["uuid", "reason"]), "device/unblock": ({}, ["uuid"]),
                    "device/reset": ({}, ["uuid"]), "device/kick": ({}, ["uuid"]), "device/decommission": ({}, ["uuid"]),
                    "certificate/list": ({}, ["uuid", "limit", "cursor"]), "certificate/show": ({}, ["certificateId"]),
                    "certificate/revoke": ({"certificateId": "00"}, ["certificateId", "reason"])}


def member_rows(world):
    """Every wrong value of every member, once; every member of every operation with one wrong type."""
    rows, told = [], set()
    for table, prefix, common in ((DEVICE_OPERATIONS, DEVICE + "quiet/", {}),
                                  (ADMIN_OPERATIONS, ADMIN, {"operatorKey": world["admin"]})):
        for operation, (needs, members) in table.items():
            for member in members + ["requestId"] + (["provisioningKey"] if not common else ["operatorKey"]):
                wrong, values = MEMBERS[member]
                bad = wrong[:1] if member in told else wrong + values
                told.add(member)
                for value in bad:
                    rows.append(("%s with %s %.20r" % (operation, member, value), prefix + operation,
                                 {**common, **needs, member: value}, "invalid_field", "/" + member))
    return rows


def operation_rows(world):
    key = {"provisioningKey": world["key"]}
    rows = [("%s does not exist" % verb, DEVICE + "quiet/" + verb, {}, "unknown_operation", "")
            for verb in ("renewal", "revoke", "delete", "x", "connect2", "registe", "acknowledge", "accepted")]
    rows += [("%s does not exist" % verb, ADMIN + verb, {"operatorKey": world["admin"]}, "unknown_operation", "")
             for verb in ("device/delete", "key/rotate", "device/approve", "audit/verify", "x/y", "device/connect")]
    rows += [("%s of nobody" % verb, DEVICE + "nobody/" + verb, body, "device_not_found", "")
             for verb, body in (("get", {}), ("get", b""), ("connect", {"session": "s"}), ("update", {"deviceName": "x"}),
                                ("reset", {}), ("register", {}), ("provision", {}), ("register", b""))]
    for uuid, code in (("blocked", "device_blocked"), ("pending", "pending_approval"), ("gone", "invalid_state"),
                       ("empty", "invalid_state")):
        rows += [("%s of a device that is %s" % (verb, uuid), DEVICE + uuid + "/" + verb, body, code, "")
                 for verb, body in (("get", {}), ("connect", {"session": "s"}), ("update", {"deviceName": "x"}),
                                    ("provision", {}), ("register", {}), ("reset", {}))]
    rows += [("register of %s with a key" % uuid, DEVICE + uuid + "/" + verb, key, "device_exists", "")
             for uuid in ("quiet", "lively", "blocked", "pending", "gone", "owner") for verb in ("register", "provision")]
    rows += [("%s with a provisioning key" % verb, DEVICE + "quiet/" + verb, {**key, "session": "s"}, "not_authorised", "")
             for verb in ("connect", "get", "update", "reset")]
    rows += [("empty connect", DEVICE + "quiet/connect", b"", "empty_payload", ""),
             ("connect without session", DEVICE + "quiet/connect", {}, "missing_field", "/session"),
             ("empty device/show", ADMIN + "device/show", b"", "empty_payload", ""),
             ("device/show without uuid", ADMIN + "device/show", {"operatorKey": world["admin"]}, "missing_field", "/uuid"),
             ("key/show without keyId", ADMIN + "key/show", {"operatorKey": world["admin"]}, "missing_field", "/keyId"),
             ("device/show of nobody", ADMIN + "device/show", {"operatorKey": world["admin"], "uuid": "nobody"},
              "device_not_found", "/uuid"),
             ("device/events of nobody", ADMIN + "device/events", {"operatorKey": world["admin"], "uuid": "nobody"},
              "device_not_found", "/uuid"),
             ("certificate/list of nobody", ADMIN + "certificate/list", {"operatorKey": world["admin"], "uuid": "nobody"},
              "device_not_found", "/uuid"),
             ("a cursor that no page gave", ADMIN + "certificate/list", {"operatorKey": world["admin"], "cursor": "1e3"},
              "invalid_field", "/cursor"),
             ("device/create of one that exists", ADMIN + "device/create", {"operatorKey": world["admin"], "uuid": "quiet"},
              "device_exists", "/uuid"),
             ("another body under the same requestId", DEVICE + "quiet/update",
              {"requestId": "taken", "deviceName": "second"}, "idempotency_conflict", "/requestId"),
             ("another operation under the same requestId", DEVICE + "quiet/provision", {"requestId": "taken"},
              "idempotency_conflict", "/requestId"),
             ("hardware of 5 KiB", DEVICE + "quiet/register", {"hardware": {"k%d" % i: "x" * 1000 for i in range(5)}},
              "too_large", "/hardware"),
             ("tags of 5 KiB", DEVICE + "quiet/update", {"tags": {"k%d" % i: "x" * 1000 for i in range(5)}}, "too_large",
              "/tags")]
    return rows + standing_rows(world)


def standing_rows(world):
    """What an operator cannot do to a device in its state, nor to a certificate."""
    by = {"operatorKey": world["admin"]}
    verbs = ("block", "unblock", "reset", "kick", "decommission")
    rows = [("device/%s of nobody" % verb, ADMIN + "device/" + verb, {**by, "uuid": "nobody"}, "device_not_found", "/uuid")
            for verb in verbs]
    rows += [("device/%s without uuid" % verb, ADMIN + "device/" + verb, by, "missing_field", "/uuid") for verb in verbs]
    rows += [("device/%s of %s" % (verb, uuid), ADMIN + "device/" + verb, {**by, "uuid": uuid}, "invalid_state", "")
             for verb, uuid in (("unblock", "quiet"), ("unblock", "pending"), ("unblock", "empty"), ("reset", "blocked"),
                                ("reset", "pending"), ("block", "gone"), ("unblock", "gone"), ("reset", "gone"))]
    rows += [("certificate/%s without certificateId" % verb, ADMIN + "certificate/" + verb, by, "missing_field", "/certificateId")
             for verb in ("show", "revoke")]
    rows += [("certificate/%s of none" % verb, ADMIN + "certificate/" + verb, {**by, "certificateId": "00ff"},
              "certificate_not_found", "/certificateId") for verb in ("show", "revoke")]
    rows += [("certificate/revoke for %r" % reason, ADMIN + "certificate/revoke",
              {**by, "certificateId": world["certificate"], "reason": reason}, "invalid_field", "/reason")
             for reason in ("", "because", "KeyCompromise", "certificateHold", "removeFromCRL", "never_issued")]
    return rows


def credential_rows(world):
    wrong_secret = world["key"][:-4] + ("aaaa" if not world["key"].endswith("aaaa") else "bbbb")
    wrong_id = re.sub(r"mpk_....", "mpk_zzzz", world["key"])
    keys = [("empty", "", "invalid_provisioning_key"), ("malformed", "hello", "invalid_provisioning_key"),
            ("prefix alone", "mpk_", "invalid_provisioning_key"), ("two parts", "mpk_abcdefgh", "invalid_provisioning_key"),
            ("wrong secret", wrong_secret, "invalid_provisioning_key"), ("unknown id", wrong_id, "invalid_provisioning_key"),
            ("longer", world["key"] + "a", "invalid_provisioning_key"), ("blank behind", world["key"] + " ",
                                                                        "invalid_provisioning_key"),
            ("upper case", world["key"].upper(), "invalid_provisioning_key"), ("an operator's", world["admin"],
                                                                              "invalid_provisioning_key"),
            ("cut", world["key"][:40], "invalid_provisioning_key"), ("expired", world["expired"], "provisioning_key_expired"),
            ("used up", world["spent"], "provisioning_key_exhausted"), ("disabled", world["disabled"],
                                                                       "provisioning_key_disabled")]
    rows = [("%s with a key that is %s" % (verb, what), DEVICE + "stranger/" + verb, {"provisioningKey": key}, code, "")
            for verb in ("register", "provision") for what, key, code in keys]
    rows += [("a type that the key does not admit", DEVICE + "stranger/" + verb,
              {"provisioningKey": world["narrow"], **body}, "device_type_not_allowed", "/deviceType")
             for verb in ("register", "provision") for body in ({}, {"deviceType": "lamp"}, {"deviceType": "Pump"})]
    operators = [("missing", {}), ("empty", {"operatorKey": ""}), ("malformed", {"operatorKey": "hello"}),
                 ("wrong secret", {"operatorKey": world["admin"][:-4] + "aaaa"}), ("a provisioning key",
                                                                                  {"operatorKey": world["key"]}),
                 ("upper case", {"operatorKey": world["admin"].upper()}),
                 ("in the wrong member", {"provisioningKey": world["admin"]})]
    rows += [("%s with an operator key that is %s" % (operation, what), ADMIN + operation, {**needs, **key},
              "not_authorised", "") for operation, needs in (("key/create", {}), ("device/create", {"uuid": "fresh"}),
                                                             ("device/list", {}), ("stats/overview", {}))
             for what, key in operators]
    rows += [("%s by a viewer" % operation, ADMIN + operation, {**needs, "operatorKey": world["viewer"]}, "not_authorised", "")
             for operation, needs in (("key/create", {}), ("key/disable", {"keyId": world["narrow_id"]}),
                                      ("device/create", {"uuid": "fresh"}), ("device/block", {"uuid": "quiet"}),
                                      ("device/unblock", {"uuid": "blocked"}), ("device/reset", {"uuid": "quiet"}),
                                      ("device/kick", {"uuid": "quiet"}), ("device/decommission", {"uuid": "quiet"}),
                                      ("certificate/revoke", {"certificateId": world["certificate"]}))]
    return rows


def csr_rows(world):
    rows = [("a CSR that is " + what, DEVICE + "quiet/provision", {"csr": pem}, code, "/csr")
            for what, pem, code in hostile_csrs()]
    rows += [("a CSR that is %s, one shot" % what, DEVICE + "stranger/provision",
              {"csr": pem, "provisioningKey": world["key"]}, code, "/csr") for what, pem, code in hostile_csrs()[:3]]
    rows += [("the key of another device", DEVICE + "quiet/provision", {"csr": world["csr"]}, "csr_key_reused", "/csr"),
             ("the key of another device, one shot", DEVICE + "stranger/provision",
              {"csr": world["csr"], "provisioningKey": world["key"]}, "csr_key_reused", "/csr")]
    return rows


def silent_rows(world):
    """Topics that are no request, and operations that never answer."""
    ids = ["x" * 200, "a b", "é", "-a", ".a", "_svc", "$SYS", "a,b", "a\\b", "a%20b", "", "a~b", "ａ", "a\u202eb", "{}", "*"]
    body = {"provisioningKey": world["key"]}
    rows = [("register of %.12r" % name, DEVICE + name + "/register", body, NO_ANSWER, "") for name in ids]
    rows += [("admin as %.12r" % name, "muster/v1/admin/" + name + "/key/create", {"operatorKey": world["admin"]}, NO_ANSWER,
              "") for name in ("a b", "é", "x" * 200, "")]
    rows += [("operation %.12r" % word, DEVICE + "quiet/" + word, {}, NO_ANSWER, "")
             for word in ("Get", "ge t", "x" * 33, "é", "get/now", "")]
    rows += [("the topic " + topic, topic, body, NO_ANSWER, "")
             for topic in ("muster/v1/device", "muster/v1/device/quiet", "muster/v2/device/quiet/get", "muster/v1/devices/quiet/get",
                           DEVICE + "quiet/get/accepted", DEVICE + "quiet/reply", DEVICE + "quiet/reply/a",
                           "muster/v1/event/default/quiet/status_changed", "muster/v1/service/probe", "/muster/v1/device/quiet/get",
                           "muster/v1/admin/tester/key", "muster/v1/admin/tester/key/create/now")]
    mute = [("nobody", {}), ("nobody", {"session": "s"}), ("quiet", b"{"), ("quiet", b"\xff"), ("quiet", {"session": 1}),
            ("blocked", {}), ("gone", {}), ("empty", {}), ("pending", {}), ("lively", {"session": "never seen"})]
    rows += [("will of %s %.20r" % (uuid, payload), DEVICE + uuid + "/will", payload, NO_ANSWER, "") for uuid, payload in mute]
    rows += [("disconnect of %s %.20r" % (uuid, payload), DEVICE + uuid + "/disconnect", payload, NO_ANSWER, "")
             for uuid, payload in mute]
    rows += [("heartbeat of %s %.30r" % (uuid, payload), DEVICE + uuid + "/heartbeat", payload, NO_ANSWER, "")
             for uuid, payload in mute[:-1] + [("quiet", {"metrics": {"cpu": "high"}}), ("quiet", {"metrics": []}),
                                               ("quiet", {"metrics": {"cpu": {}}}), ("quiet", b"x" * 17 * 1024)]]
    return rows


# --- sending them -----------------------------------------------------------------------------------------------------

def sync(stack, asker):
    """The service takes requests in order: when this one is answered, those before it are done."""
    answer = stack.admin_ask(asker, "stats", "overview", seconds=15)
    return answer is not None and "total" in answer


def send(stack, asker, row):
    """Sends one; whether the answer is the one of the table."""
    what, topic, payload, code, pointer = row
    correlation = asker.send(topic, payload)
    if code is NO_ANSWER:
        alive = sync(stack, asker)
        answer = asker.wait(correlation, 0)
        return t.check(alive and answer is None, what + " gets no answer and the service lives", answer)
    answer = asker.wait(correlation)
    good = answer is not None and (answer.code, answer.topic) == (code, topic + "/rejected")
    good = good and (not pointer or answer.pointer == pointer) and answer["error"].get("message") and answer["error"].get("mend")
    return t.check(good, "%s is %s %s" % (what, code, pointer), (answer, answer and answer.topic))


def settled(stack):
    """The fingerprint once nothing writes any more (last_seen is written within a second)."""
    old = stack.fingerprint()
    for _ in range(20):
        time.sleep(1.3)
        now = stack.fingerprint()
        if now == old:
            break
        old = now
    return old


def send_all(stack, asker, rows):
    before = settled(stack)
    for row in rows:
        send(stack, asker, row)
        now = stack.fingerprint()
        if not t.check(now == before, row[0] + " changes nothing"):
            before = now
    t.equal(settled(stack), before, "nothing changed afterwards either")
    return len(rows)


def every_bad_input():
    with Stack("last_will_grace_seconds 1") as stack:
        asker, recorder = stack.asker(), stack.recorder()
        world = enrol(stack, asker)
        set_states(stack)
        time.sleep(0.5)
        events = len(recorder.events())
        malformed = [(what, DEVICE + "quiet/" + operation, payload, code, "")
                     for what, payload, code in malformed_rows() for operation in ("connect",)]
        malformed += [(what + " for " + operation, topic + operation, payload, code, "")
                      for what, payload, code in malformed_rows()[::6]
                      for topic, operation in ((DEVICE + "stranger/", "register"), (DEVICE + "quiet/", "get"),
                                               (ADMIN, "key/create"))]
        count = send_all(stack, asker, malformed + member_rows(world) + operation_rows(world) + credential_rows(world) +
                         csr_rows(world) + silent_rows(world))
        t.check(count >= 180, "at least 180 bad inputs", count)
        print("# %d bad inputs" % count)
        t.equal(len(recorder.events()), events, "bad input makes no event")
        t.equal(recorder.status("lively"), "online", "who was online is online")
        after_them(stack, asker)


def after_them(stack, asker):
    """The same service still does its work."""
    t.check(stack.service.poll() is None, "the service was never restarted")
    t.check(stack.register(asker, "late")["deviceId"], "a device registers after all that")
    t.equal(asker.device("late", "get")["uuid"], "late", "and is known")


def foreign_reply_topics_are_ignored():
    """The answer goes to the normal topic; nothing arrives where the sender must not make the service speak."""
    with Stack() as stack:
        asker = stack.asker()
        stack.register(asker, "dev1")
        heard = []
        spy = stack.client(filters=["#"], on_message=lambda m: heard.append((m.topic, m.payload)))
        foreign = ["muster/v1/device/dev2/reply", "muster/v1/device/dev1/get/accepted", "muster/v1/event/default/dev1/registered",
                   "muster/v1/device/dev1/reply/a/b", "muster/v1/admin/tester/reply", "muster/v1/service/state", "elsewhere",
                   "muster/v1/device/dev1/register", "muster/v1/device/dev1/replyx", "muster/v1/device/dev10/reply",
                   "muster/v1/device/dev1/reply/", "/muster/v1/device/dev1/reply", "x" * 600]
        for topic in foreign:
            answer = asker.device("dev1", "get", response=topic)
            t.check(answer is not None and answer.topic == "muster/v1/device/dev1/get/accepted",
                    "Response Topic %.40s is ignored" % topic, answer and answer.topic)
        for topic in ("muster/v1/device/dev1/reply", "muster/v1/device/dev1/reply/a"):
            answer = asker.device("dev1", "get", response=topic)
            t.check(answer is not None and answer.topic == topic, "Response Topic %s is used" % topic, answer)
        answer = asker.device("dev1", "connect", {}, response="muster/v1/device/dev1/reply/b")
        t.equal((answer.topic, answer.code), ("muster/v1/device/dev1/reply/b", "missing_field"), "a rejection goes there too")
        wait_for(lambda: len([1 for topic, _ in heard if topic.endswith("/reply/b")]) == 1, 5)
        spoken = [topic for topic, payload in heard if topic in foreign and topic != "muster/v1/device/dev1/get/accepted"
                  and b"registeredAt" in payload]  # of the answers; events have it not
        t.equal(spoken, [], "nothing arrives on a foreign topic")
        wildcard_reply_topics(stack, asker)
        spy.close()


def wildcard_reply_topics(stack, asker):
    """mosquitto may refuse them itself; then the service lives on and has said nothing."""
    for topic in ("muster/v1/device/+/reply", "muster/v1/device/dev1/reply/#", "#"):
        sender = stack.client()
        try:
            sender.publish("muster/v1/device/dev1/get", {}, correlation=b"w", response=topic)
        except ValueError:
            pass
        sender.close()
        t.check(sync(stack, asker), "the service lives after Response Topic " + topic)


def correlation_data():
    """Echoed as it is; a request that could not be answered with it is refused before anything is done."""
    with Stack() as stack:
        asker = stack.asker()
        stack.register(asker, "dev1")
        for size in (0, 1, 256):
            asker.publish("muster/v1/device/dev1/get", {}, correlation=b"c" * size)
            t.check(asker.wait(b"c" * size, 5), "%d octets come back" % size)
        for size in (257, 30000):
            asker.publish("muster/v1/device/dev1/update", {"deviceName": "x"}, correlation=b"c" * size)
            answer = asker.wait(None, 5)
            t.check(answer is not None and answer.code == "too_large", "%d octets are too_large" % size, answer)
        t.equal(stack.one("SELECT name FROM device"), "", "and nothing was done")
        asker.publish("muster/v1/device/dev1/get", {"requestId": "old"})
        t.equal((asker.wait(None, 5) or {}).get("requestId"), "old", "without any the requestId tells the answers apart")


def retained_requests_are_ignored():
    with Stack() as stack:
        asker = stack.asker()
        stack.register(asker, "dev1")
        sender = stack.client()
        sender.publish("muster/v1/device/dev1/connect", {"session": "s"}, retain=True).wait_for_publish(5)
        sync(stack, asker)
        before = stack.rows("SELECT online FROM presence")
        stack.restart_service()
        stack.wait_ready()
        t.check(sync(stack, asker), "the service lives after a retained request")
        t.equal(stack.rows("SELECT online FROM presence"), before, "a retained request is not done again at a restart")


t.run(every_bad_input, foreign_reply_topics_are_ignored, correlation_data, retained_requests_are_ignored)
