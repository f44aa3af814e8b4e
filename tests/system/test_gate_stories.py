#!/usr/bin/python3
"""Stories of several connections at the gate: who displaces whom, who hears whose answers, what a SIGHUP, a lost
database and a block do, and what the end of a connection says about presence. The tables are in test_gate.py."""
import json
import os
import re
import signal
import ssl
import time

from gated import GatedStack, Refused, ask
from muster import SLOW, Checks, end, read, wait_for
from packets import Will
from wire import Tls

t = Checks()
DEVICE, ADMIN = "muster/v1/device/", "muster/v1/admin/"
NOT_AUTHORISED = 0x87


def lives(wire, what):
    return t.check(not wire.closed and wire.ping(3), what + " lives on", wire.why)


def ends(wire, what, seconds=3):
    return t.check(wire.is_closed(seconds * SLOW), what + " is closed")


def is_refused(login, what):
    try:
        login()
    except Refused as error:
        return t.check(str(NOT_AUTHORISED) in str(error), what + " is refused", error)
    return t.check(False, what + " is refused", "it was let in")


def hears_nothing_of(wire, uuid, what):
    wire.ping()
    wire.ping()
    t.equal([each.topic for each in wire.receive() if "/%s/" % uuid in each.topic], [], what)


def others(stack):
    stack.add_tenant("acme")
    stack.second_key, stack.acme_key = stack.add_key(), stack.add_key("acme")
    stack.second_admin = stack.add_operator("second", "admin", "")


# --- provisioning clients ---------------------------------------------------------------------------------------------

def two_with_different_keys_or_uuids():
    with GatedStack(people=[others]) as stack:
        for what, first_key, second_key in (("different keys", stack.key, stack.second_key), ("one key", stack.key, stack.key),
                                            ("keys of two tenants", stack.key, stack.acme_key)):
            uuids = ["p-%s-%d" % (what[:3] + what[-3:], number) for number in (1, 2)]
            one, two = stack.claim(uuids[0], key=first_key), stack.claim(uuids[1], key=second_key)
            for wire, uuid in ((one, uuids[0]), (two, uuids[1])):
                answer = ask(wire, DEVICE + uuid + "/register", {})
                t.check(answer is not None and answer.get("uuid") == uuid, "%s: %s has its answer" % (what, uuid), answer)
            hears_nothing_of(one, uuids[1], what + ": the first hears nothing of the second")
            hears_nothing_of(two, uuids[0], what + ": the second hears nothing of the first")


def two_with_one_uuid():
    with GatedStack(people=[others]) as stack:
        spy = stack.spy()
        for number, key in enumerate((stack.key, stack.second_key, stack.acme_key)):
            what, uuid = ("one key", "another key", "another tenant's key")[number], "same-%d" % number
            first = stack.claim(uuid)
            is_refused(lambda uuid=uuid, key=key: stack.claim(uuid, key=key), what + ": a second login with the same client id")
            lives(first, what + ": the first")
            second = stack.claim(uuid, "~x", key=key)
            answer = ask(first, DEVICE + uuid + "/register", {"requestId": "r1"})
            t.check(answer is not None and answer.get("apiKey"), what + ": the first has its answer", answer)
            hears_nothing_of(second, uuid, what + ": the second never hears it")
            answer = ask(second, DEVICE + uuid + "/register", {"requestId": "r2"})
            t.check(answer is not None and answer.code == "device_exists", what + ": the second hears device_exists", answer)
            hears_nothing_of(first, uuid, what + ": the first hears nothing of that")
            answer = ask(second, DEVICE + uuid + "/register", {"requestId": "r1"})
            if key == stack.key:  # remembered per credential and uuid: the same key may ask again after a crash
                t.check(answer is not None, what + ": the same request has an answer", answer)
            else:
                t.check(answer is not None and answer.code == "device_exists", what + ": and no remembered answer", answer)
        spy.look()


def an_answer_waits_for_nobody():
    """Who closed before its answer: the next connection under the same client id does not get it."""
    with GatedStack(people=[others]) as stack:
        first = stack.claim("gone-1")
        stack.service.send_signal(signal.SIGSTOP)
        try:
            t.equal(first.publish(DEVICE + "gone-1/register", json.dumps({"requestId": "r1"}), correlation=b"c"), 0,
                    "it asks")
            first.disconnect()
            second = stack.claim("gone-1", key=stack.second_key)
        finally:
            stack.service.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        hears_nothing_of(second, "gone-1", "the next one does not hear the answer of the one before")
        answer = ask(stack.claim("gone-1", "~again"), DEVICE + "gone-1/register", {"requestId": "r1"})
        t.check(answer is not None and answer.get("apiKey"), "who asks again with the same key gets it", answer)


def a_claim_on_a_live_device():
    with GatedStack("last_will_grace_seconds 1", people=[others]) as stack:
        stack.enrol("live")
        spy, device = stack.spy(), stack.device("live")
        t.equal(ask(device, DEVICE + "live/connect", {"session": "s1"}).get("status"), "online", "the device is online")
        device.receive()
        is_refused(lambda: stack.claim("live"), "a claim under the device's client id")
        for key in (stack.key, stack.second_key):
            thief = stack.claim("live", "~x", key=key, will=Will(DEVICE + "live/will", '{"session":"s1"}'))
            for operation in ("register", "provision"):
                answer = ask(thief, DEVICE + "live/" + operation, {})
                t.check(answer is not None and answer.code == "device_exists", operation + ": device_exists", answer)
            device.ping()
            device.ping()
            heard = [each.topic for each in device.receive()]
            t.equal([topic for topic in heard if topic.count("/") > 4], [], "the device hears no answer to the claimant")
            t.equal([topic for topic in heard if topic.count("/") == 4], [], "nor the claimant's requests")
            answer = ask(device, DEVICE + "live/get", {})
            t.check(answer is not None and answer.get("status") == "online", "the device goes on", answer)
            hears_nothing_of(thief, "live", "the claimant hears nothing of the device")
            thief.drop()
        time.sleep(2.5)
        lives(device, "the device")
        t.equal(spy.changes("live"), [("online", "connect")], "its presence has not changed")


def an_idle_claim_is_closed():
    with GatedStack(broker=["plugin_opt_provisioning_idle 5"]) as stack:
        stack.enrol("idle-1")
        idle, device, boss = stack.claim("idle-2"), stack.device("idle-1"), stack.operator("boss")
        busy = stack.claim("idle-3")
        for _ in range(5):
            time.sleep(1.4)
            busy.publish(DEVICE + "idle-3/register", b"{}")
        ends(idle, "a silent provisioning connection")
        for wire, what in ((busy, "one that speaks"), (device, "a silent device"), (boss, "a silent operator")):
            lives(wire, what)


def limits_hold():
    with GatedStack(broker=["plugin_opt_max_%s" % each for each in ("per_device 2", "provisioning 3", "operators 3")]) as stack:
        stack.enrol("many")
        wires = [stack.device("many", suffix) for suffix in ("", "~1")]
        time.sleep(0.2)
        wires[0].subscribe("muster/v1/device/many/#")
        third = stack.device("many", "~2")
        ends(wires[1], "the most silent connection of a device with a third one")
        lives(wires[0], "the one that has said something")
        lives(third, "the new one")
        claims = [stack.claim("claim-%d" % number) for number in range(3)]
        time.sleep(0.2)
        for number in (0, 2):
            claims[number].subscribe("muster/v1/device/claim-%d/reply" % number)
        claims[1].subscribe("muster/v1/device/claim-x/#")  # refused: no word
        claims.append(stack.claim("claim-9"))
        ends(claims.pop(1), "the most silent provisioning client when a fourth comes")
        crowd = [stack.claim("crowd", suffix) for suffix in ("", "~1")]
        is_refused(lambda: stack.claim("crowd", "~2"), "a third claimant of one uuid: it ends nobody's connection")
        for wire in crowd:
            wire.disconnect()
        operators = [stack.operator("boss-0")]
        time.sleep(0.2)  # the gate's clock is a coarse one
        operators += [stack.operator("boss-%d" % number) for number in range(1, 4)]
        ends(operators[0], "the most silent connection of an operator's key with a fourth one")
        for wire in operators[1:]:
            lives(wire, "one of those within the limit")
        is_refused(lambda: stack.operator("watcher", stack.viewer), "a fourth operator with another key")


def can(login):
    try:
        login()
    except Refused:
        return False
    return True


# --- displacement -----------------------------------------------------------------------------------------------------

def displacement():
    """(the client id, who is there, who comes, whether it takes the place)"""
    with GatedStack(people=[others]) as stack:
        stack.enrol("d-1", True)
        who = {"api": lambda uuid: stack.device(uuid), "certificate": lambda uuid: stack.certified(uuid),
               "claim": lambda uuid: stack.claim(uuid), "other claim": lambda uuid: stack.claim(uuid, key=stack.second_key),
               "operator": lambda uuid: stack.operator(uuid),
               "other operator": lambda uuid: stack.operator(uuid, stack.second_admin),
               "viewer": lambda uuid: stack.operator(uuid, stack.viewer), "service": lambda uuid: stack.spy(uuid).wire}
        rows = [("d-1", "api", "api", True), ("d-1", "api", "certificate", True), ("d-1", "certificate", "api", True),
                ("d-1", "certificate", "certificate", True), ("d-1", "api", "claim", False),
                ("d-1", "certificate", "claim", False),
                ("d-1", "claim", "api", True), ("d-1", "claim", "certificate", True), ("d-1", "claim", "claim", False),
                ("d-1", "claim", "other claim", False), ("d-1", "api", "operator", False), ("f-1", "claim", "claim", False),
                ("f-1", "claim", "operator", False), ("f-1", "operator", "claim", False), ("f-1", "operator", "operator", True),
                ("f-1", "operator", "other operator", False), ("f-1", "operator", "viewer", False),
                ("_f", "service", "service", True)]
        for client, first, second, takes in rows:
            what = "%s, then %s, on %s" % (first, second, client)
            there = who[first](client)
            if takes:
                t.check(can(lambda second=second, client=client: stack.wires.append(who[second](client))), what + ": it comes in")
                ends(there, what + ": the first")
            else:
                is_refused(lambda second=second, client=client: who[second](client), what + ": the second")
                lives(there, what + ": the first")
            for wire in stack.wires:
                wire.drop()
            time.sleep(0.05)  # until the broker has seen the ends
        device_takes_an_operators_place(stack)


def device_takes_an_operators_place(stack):
    boss = stack.operator("late-1")
    stack.enrol("late-1")
    lives(boss, "an operator whose client id becomes a uuid")
    device = stack.device("late-1")
    ends(boss, "an operator on a device's client id")
    lives(device, "the device")
    is_refused(lambda: stack.operator("late-1"), "the operator under that id from now on")


def suffixes_live_side_by_side():
    with GatedStack() as stack:
        stack.enrol("d-1", True)
        wires = [stack.device("d-1"), stack.device("d-1", "~pub"), stack.certified("d-1", "~sub"), stack.device("d-1", "~a~b")]
        for wire in wires:
            lives(wire, "one of four connections")


def answers_of_operators():
    """Each hears its own answers, on the connection that asked."""
    with GatedStack(people=[others]) as stack:
        one, two = stack.operator("one"), stack.operator("two", stack.second_admin)
        for wire, name in ((one, "one"), (two, "two")):
            answer = ask(wire, ADMIN + name + "/key/create", {})
            t.check(answer is not None and answer.get("key"), "%s has its answer" % name, answer)
        for wire, name in ((one, "two"), (two, "one")):
            hears_nothing_of(wire, name, "and nothing of " + name)
        again = stack.operator("one")  # the same principal: displaces
        ends(one, "the connection before")
        hears_nothing_of(again, "one", "a new connection hears no old answers")


# --- the broker and the database --------------------------------------------------------------------------------------

def everyone(stack):
    """One connection of each role."""
    stack.enrol("e-1")
    stack.enrol("e-2", True)
    return {"a device by API key": stack.device("e-1"), "a device by certificate": stack.certified("e-2"),
            "a provisioning client": stack.claim("e-3"), "an operator": stack.operator("boss"),
            "a viewer": stack.operator("watcher", stack.viewer, ["muster/v1/event/#"]), "the service": stack.spy().wire,
            "a device with a suffix": stack.device("e-1", "~x"),
            "a device in MQTT 3.1.1": stack.device("e-1", "~4", protocol=4)}


def work_goes_on(stack, wires, what):
    for name, wire in wires.items():
        lives(wire, "%s: %s" % (what, name))
    for name, topic in (("a device by API key", DEVICE + "e-1/get"), ("a device by certificate", DEVICE + "e-2/get"),
                        ("a provisioning client", DEVICE + "e-3/register"), ("an operator", ADMIN + "boss/stats/overview")):
        wires[name].receive()
        answer = ask(wires[name], topic, {})
        t.check(answer is not None and answer.code in ("", "device_exists"), "%s: %s has answers" % (what, name), answer)
    t.equal(wires["a device by API key"].publish(DEVICE + "e-2/get", b"{}"), NOT_AUTHORISED, what + ": and no more rights")


def sighup_disturbs_nobody():
    with GatedStack() as stack:
        wires = everyone(stack)
        musterd = stack.log().count("connect")
        for _ in range(3):
            stack.broker.send_signal(signal.SIGHUP)
            time.sleep(0.4)
        t.check(stack.broker.poll() is None, "the broker lives after SIGHUP")
        work_goes_on(stack, wires, "after SIGHUP")
        t.equal(stack.log().count("connect"), musterd, "musterd was not disconnected")
        t.check(can(lambda: stack.device("e-1", "~new")), "a new login works")
        is_refused(lambda: stack.enter(stack.wire(), "e-1~no", "e-1", "x"), "a wrong one")


def away(stack, suffix=".away"):
    for name in ("", "-wal", "-shm"):
        if os.path.exists(stack.database + name):
            os.rename(stack.database + name, stack.database + suffix + name)


def back(stack, suffix=".away"):
    for name in ("", "-wal", "-shm"):
        if os.path.exists(stack.database + name):
            os.remove(stack.database + name)
        if os.path.exists(stack.database + suffix + name):
            os.rename(stack.database + suffix + name, stack.database + name)


def logins_of_everyone(stack):
    """Each time under a client id of its own, so that none is refused because of the one before."""
    def fresh():
        return "~%d" % len(stack.wires)

    return {"an API key": lambda: stack.device("e-1", fresh()).drop(),
            "a certificate": lambda: stack.certified("e-2", fresh()).drop(),
            "a provisioning key": lambda: stack.claim("e-4", fresh()).drop(),
            "an operator": lambda: stack.operator("late" + fresh()).drop()}


def database_away():
    """What stands in its place: nothing, rubbish, an empty file."""
    with GatedStack() as stack:
        wires = everyone(stack)
        for what, rubbish in (("gone", None), ("rubbish", b"no database" * 1000), ("empty", b"")):
            away(stack)
            if rubbish is not None:
                with open(stack.database, "wb") as file:
                    file.write(rubbish)
            for name, login in logins_of_everyone(stack).items():
                wait_for(lambda login=login: not can(login), 5)
                is_refused(login, "%s: %s" % (what, name))
            for name, wire in wires.items():
                lives(wire, "%s: %s" % (what, name))
            t.check(stack.broker.poll() is None, what + ": the broker lives")
            back(stack)
            for name, login in logins_of_everyone(stack).items():
                t.check(wait_for(lambda login=login: can(login), 10), "%s, then back: %s comes in again" % (what, name))
        work_goes_on(stack, wires, "with the database back")


def broker_before_database():
    """A broker that starts without a database refuses everyone, and heals by itself."""
    with GatedStack(go=False) as stack:
        away(stack)
        stack.start_broker()
        t.check(stack.broker.poll() is None, "the broker starts without a database")
        is_refused(lambda: stack.claim("b-1"), "a provisioning client")
        back(stack)
        t.check(wait_for(lambda: can(lambda: stack.claim("b-1")), 10), "comes in when the database is there")
        stack.start_service()
        stack.wait_ready()


def rows_of(stack):
    return stack.one("SELECT (SELECT count(*) FROM device) || ' ' || (SELECT count(*) FROM audit) || ' ' || "
                     "(SELECT sum(last_seen) FROM presence)")


def broker_without_a_gate():
    """A broker that lets anyone say anything is not listened to: no stamp can be forged there, no heartbeat counts. When
    the gate is back, so is the service."""
    with GatedStack() as stack:
        stack.enrol("p-1")
        spy = stack.spy()
        real = read(stack.path("mosquitto.conf"))
        open_conf = re.sub(r"(?m)^plugin.*\n", "", real).replace("allow_anonymous false", "allow_anonymous true")
        stamp = ask_for_a_stamp(stack, spy)
        end(stack.broker)
        stack.write("mosquitto.conf", open_conf)
        time.sleep(1.2)  # last_seen is written once a second
        before = rows_of(stack)
        stack.start_broker()
        t.check(wait_for(lambda: "gate_missing" in stack.log(), 10), "the log says that the gate is missing", stack.log())
        stranger = stack.wire("plain")
        t.equal(stranger.connect("stranger"), 0, "the broker lets anyone in")
        stranger.subscribe("muster/v1/#")
        for _ in range(20):
            for topic, body, words in (
                    ("muster/v1/device/p-1/get", "{}", [("muster-stamp", stamp)]),
                    ("muster/v1/device/p-2/register", '{"provisioningKey":"%s"}' % stack.key, [("muster-stamp", stamp)]),
                    ("muster/v1/admin/x/key/create", '{"operatorKey":"%s"}' % stack.admin, []),
                    ("muster/v1/device/p-1/heartbeat", "{}", []),
                    ("muster/v1/device/p-1/connect", '{"session":"s"}', [("muster-stamp", "0" * 16 + stamp[16:])])):
                stranger.publish(topic, body, user=words)
            time.sleep(0.2)
        answers = [each.topic for each in stranger.receive() if each.topic.endswith(("accepted", "rejected"))]
        t.equal(answers, [], "nobody is answered")
        t.equal(rows_of(stack), before, "nothing has changed in the database")
        t.check(stack.log().count("gate_missing") == 1, "it is said once", stack.log())
        end(stack.broker)
        stack.write("mosquitto.conf", real)
        stack.start_broker()
        t.check(wait_for(stack.answers, 15), "behind the gate again it serves", stack.log())


def ask_for_a_stamp(stack, spy):
    """A true stamp of a device's `get`, as somebody might have seen it."""
    wire = stack.device("p-1")
    ask(wire, "muster/v1/device/p-1/get", "{}".encode())
    wire.disconnect()
    return next(value for each in spy.on("muster/v1/device/p-1/get") for name, value in each.properties["user"]
                if name == "muster-stamp")


def word_that_was_lost():
    """The service dies between the commit of a block and its word to the gate: after its next start the gate finds out."""
    with GatedStack() as stack:
        stack.enrol("l-1", True)
        stack.enrol("l-2")
        blocked = [stack.device("l-1"), stack.certified("l-1", "~c")]
        neighbour, boss = stack.device("l-2"), stack.operator("boss")
        stack.kill_service()
        stack.edit("UPDATE device SET state = 4 WHERE uuid = 'l-1'")
        for wire in blocked:
            lives(wire, "a connection that nobody has spoken of yet")
        stack.start_service()
        for wire in blocked:
            ends(wire, "a connection whose device was blocked", 10)
        for wire, what in ((neighbour, "another device"), (boss, "an operator")):
            lives(wire, what)
        is_refused(lambda: stack.device("l-1"), "the blocked device")


def broker_restart():
    """The service gives the new broker its key again; devices go on."""
    with GatedStack() as stack:
        stack.enrol("r-1")
        end(stack.broker, signal.SIGKILL)
        stack.start_broker()
        stack.wait_ready(20)
        answer = ask(stack.device("r-1"), DEVICE + "r-1/get", {})
        t.check(answer is not None and answer.get("uuid") == "r-1", "a device is answered after the broker's restart", answer)
        stack.restart_service()
        stack.wait_ready(20)
        answer = ask(stack.device("r-1"), DEVICE + "r-1/get", {})
        t.check(answer is not None and answer.get("uuid") == "r-1", "and after the service's", answer)


# --- credentials that end ---------------------------------------------------------------------------------------------

def reset_closes_every_connection():
    with GatedStack() as stack:
        stack.enrol("x-1", True)
        wires = [stack.device("x-1"), stack.device("x-1", "~a"), stack.certified("x-1", "~b")]
        t.check(ask(wires[0], DEVICE + "x-1/reset", {}) is not None, "the answer to a reset arrives before the end")
        for wire in wires:
            ends(wire, "a connection of a device that was reset")
        is_refused(lambda: stack.device("x-1"), "its API key")
        is_refused(lambda: stack.certified("x-1"), "its certificate")


def an_old_connection_has_no_part_in_a_new_registration():
    """Whoever had the device before its reset does not speak for it afterwards, not even on a connection left over."""
    with GatedStack() as stack:
        stack.enrol("x-3", True)
        old = [stack.device("x-3"), stack.certified("x-3", "~b")]
        ask(stack.device("x-3", "~c"), DEVICE + "x-3/reset", {})
        answer = ask(stack.claim("x-3", "~new"), DEVICE + "x-3/register", {})
        t.check(answer is not None and answer.get("apiKey"), "the uuid is registered anew", answer)
        for wire, what in zip(old, ("API key", "certificate")):
            answer = ask(wire, DEVICE + "x-3/update", {"deviceName": "mine"}, 2)
            t.check(answer is None or answer.code, "the old %s's connection changes nothing" % what, answer)


def superseded_certificate_ends():
    with GatedStack() as stack:
        stack.enrol("x-2", True)
        old = stack.certified("x-2")
        api = stack.device("x-2", "~api")
        stack.enrol("x-2", True, name="x-2-new")
        ends(old, "the connection of a superseded certificate")
        lives(api, "the one by API key")
        is_refused(lambda: stack.certified("x-2"), "the superseded certificate")
        lives(stack.certified("x-2", "", "x-2-new"), "the new certificate's connection")


def kick_and_block():
    """kick closes, the device may come again; block closes and keeps out; unblock lets in."""
    with GatedStack() as stack:
        stack.enrol("k-1", True)
        stack.enrol("k-2")
        boss, neighbour = stack.operator("boss"), stack.device("k-2")
        spy = stack.spy()
        for verb, comes_again in (("kick", True), ("block", False)):
            wires = [stack.device("k-1"), stack.device("k-1", "~a"), stack.certified("k-1", "~c")]
            ask(wires[0], DEVICE + "k-1/connect", {"session": "s-" + verb})
            answer = ask(boss, ADMIN + "boss/device/" + verb, {"uuid": "k-1"})
            t.check(answer is not None and not answer.code, "device/%s is accepted" % verb, answer)
            for wire in wires:
                ends(wire, "a connection of a device after " + verb)
            lives(neighbour, "another device after " + verb)
            t.equal(can(lambda: stack.device("k-1")), comes_again, "after %s its API key" % verb)
            t.equal(can(lambda: stack.certified("k-1")), comes_again, "after %s its certificate" % verb)
        t.check(spy.waits_for("k-1", ("offline", "blocked")), "a blocked device goes offline", spy.changes("k-1"))
        t.equal(stack.ctl("device", "unblock", "k-1").returncode, 0, "musterctl device unblock")
        t.check(can(lambda: stack.device("k-1")), "it may come again")
        t.equal(stack.ctl("device", "block", "k-1").returncode, 0, "musterctl device block")
        is_refused(lambda: stack.device("k-1"), "it may not")


def resumed_sessions_are_looked_at():
    """A TLS session that is resumed shows the same certificate, and a dead one is refused."""
    with GatedStack() as stack:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            uuid = "t-%d" % version
            stack.enrol(uuid, True)
            secure = Tls(stack.path("ca.pem"), stack.path(uuid + ".pem"), stack.path(uuid + ".key"), version, version)

            def again(client, session, secure=secure):
                wire = stack.wire("mtls", session=session, secure=secure)
                return wire.connect(client), wire

            code, first = again(uuid, None)
            t.equal(code, 0, "%s: connects" % version.name)
            first.ping()
            session = first.session
            first.disconnect()
            code, wire = again(uuid, session)
            t.check(code == 0 or code in ("tls", "closed"), "%s: the session is resumed or refused by TLS" % version.name, code)
            wire.disconnect()
            code, _ = again("t-other", session)
            t.check(code != 0, "%s: not under another client id" % version.name, code)
            ask(stack.device(uuid), DEVICE + uuid + "/reset", {})
            code, wire = again(uuid, session)
            t.check(code != 0, "%s: not when the certificate is dead" % version.name, code)


# --- presence by the end of a connection ------------------------------------------------------------------------------

def presence_by_closing():
    """(what, client ids, which of them says connect, how it ends, what happens afterwards, the change)"""
    with GatedStack("last_will_grace_seconds 1") as stack:
        spy = stack.spy()
        rows = [("the connection that said connect is cut", ["", "~y"], 0, "drop", 0, None, True),
                ("it says DISCONNECT to the broker", [""], 0, "disconnect", 0, None, True),
                ("another connection is cut", ["", "~y"], 0, "drop", 1, None, False),
                ("a connection with a suffix said connect", ["~y"], 0, "drop", 0, None, False),
                ("a connection that never said connect is cut", ["", "~y"], 1, "drop", 0, None, False),
                ("it comes back within the grace and connects", [""], 0, "drop", 0, "connect", False),
                ("it comes back and sends a heartbeat", [""], 0, "drop", 0, "heartbeat", False),
                ("it comes back and says nothing", [""], 0, "drop", 0, "silence", True),
                ("it is displaced by itself, which connects", [""], 0, "displace", 0, "connect", False),
                ("it is displaced by itself, which says nothing", [""], 0, "displace", 0, None, True)]
        expected = []
        for number, (what, suffixes, speaker, how, which, then, offline) in enumerate(rows):
            uuid = "p-%d" % number
            stack.enrol(uuid)
            wires = [stack.device(uuid, suffix) for suffix in suffixes]
            answer = ask(wires[speaker], DEVICE + uuid + "/connect", {"session": "s1"})
            t.check(answer is not None and answer.get("status") == "online", what + ": is online first", answer)
            if how == "displace":
                back_again = stack.device(uuid)
            else:
                getattr(wires[which], how)()
                back_again = stack.device(uuid) if then else None
            if then == "connect":
                ask(back_again, DEVICE + uuid + "/connect", {"session": "s2"})
            elif then == "heartbeat":
                back_again.publish(DEVICE + uuid + "/heartbeat", b"", qos=0)
            expected.append((what, uuid, offline))
        time.sleep(3)
        for what, uuid, offline in expected:
            good = [("online", "connect")] + [("offline", "connection_lost")] * offline
            t.equal(spy.changes(uuid), good, what)


def presence_at_once_and_later():
    """Offline only after the grace; a claim's connection and an operator's say nothing about a device."""
    with GatedStack("last_will_grace_seconds 3") as stack:
        stack.enrol("g-1")
        spy, device = stack.spy(), stack.device("g-1")
        ask(device, DEVICE + "g-1/connect", {"session": "s1"})
        claim = stack.claim("g-1", "~x")
        claim.drop()
        begun = time.monotonic()
        device.drop()
        time.sleep(1.5)
        t.equal(spy.changes("g-1"), [("online", "connect")], "not before the grace is over")
        t.check(spy.waits_for("g-1", ("offline", "connection_lost"), 6), "then it is offline", spy.changes("g-1"))
        t.check(time.monotonic() - begun > 2.5, "after the grace", time.monotonic() - begun)


def last_will_behind_the_gate():
    with GatedStack("last_will_grace_seconds 1") as stack:
        spy = stack.spy()
        rows = [("s1", ("last_will", "connection_lost")), ("another", ("connection_lost",))]
        for number, (session, offline) in enumerate(rows):
            uuid = "w-%d" % number
            stack.enrol(uuid)
            wire = stack.device(uuid, will=Will(DEVICE + uuid + "/will", '{"session":"%s"}' % session))
            ask(wire, DEVICE + uuid + "/connect", {"session": "s1"})
            wire.drop()
            wait_for(lambda uuid=uuid: len(spy.changes(uuid)) > 1, 5)
            t.check(len(spy.changes(uuid)) == 2 and spy.changes(uuid)[1][0] == "offline" and spy.changes(uuid)[1][1] in offline,
                    "a will of session %s and the end of the connection are one change" % session, spy.changes(uuid))


t.run(two_with_different_keys_or_uuids, two_with_one_uuid, an_answer_waits_for_nobody, a_claim_on_a_live_device,
      an_idle_claim_is_closed, limits_hold, broker_without_a_gate, word_that_was_lost, displacement, suffixes_live_side_by_side, answers_of_operators,
      sighup_disturbs_nobody, database_away, broker_before_database, broker_restart, reset_closes_every_connection,
      an_old_connection_has_no_part_in_a_new_registration, superseded_certificate_ends, kick_and_block,
      resumed_sessions_are_looked_at, presence_by_closing,
      presence_at_once_and_later, last_will_behind_the_gate)
