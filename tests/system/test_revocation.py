#!/usr/bin/python3
"""Revocation end to end: real TLS, the real broker with and without its gate, openssl as the judge of the list."""
import hashlib
import json
import os
import re
import threading
import time

import connected
from connected import GONE, Fleet
from gated import Refused, ask
from muster import ROOT, SLOW, Checks, end, free_ports, read, run, start, wait_for
from wire import TLS, Wire

t = Checks()
FLEET, BYSTANDERS = 200, 10
REFUSED = (GONE, TLS)  # by the gate, or by TLS once the broker has read the list


def id_of(stack, name):
    return stack.devices[name]["certificateId"]


def is_refused(login, code, what):
    """A request that gives no answer but this error."""
    try:
        login()
        t.check(False, what, "it was accepted")
    except Refused as error:
        t.check(code in str(error), what, error)


# --- how fast ---------------------------------------------------------------------------------------------------------

def revoke_and_knock(stack, boss, uuid):
    """When the request was sent, when the first login was refused; None: it was let in again after that."""
    begun, answer = time.monotonic(), []
    asking = threading.Thread(target=lambda: answer.append(
        stack.certificate(boss, "revoke", id_of(stack, uuid), reason="keyCompromise")))
    asking.start()
    code = 0
    while code not in REFUSED and time.monotonic() < begun + 10:
        code, _ = stack.knock(uuid, uuid + "~again")
    refused = time.monotonic()
    asking.join()
    good = answer[0] is not None and answer[0].get("state") == "revoked" and stack.knock(uuid, uuid + "~again")[0] in REFUSED
    return begun, refused if good else None


def nobody_stays():
    """One device after the other is revoked; it goes at once, and nobody else does, while the broker reads a list a second."""
    with Fleet(0, "last_will_grace_seconds 1") as stack:
        boss, recorder = stack.operator("boss"), stack.recorder()
        stack.certify_all(FLEET + BYSTANDERS)
        watch = stack.connect_all(stack.names)
        victims, number = stack.names[:FLEET], stack.list_number()
        times = {uuid: revoke_and_knock(stack, boss, uuid) for uuid in victims}
        wait_for(lambda: len(watch.closed) >= FLEET, 5)
        t.equal([uuid for uuid in victims if times[uuid][1] is None], [], "no login with a revoked certificate")
        check_times(watch, times)
        t.equal(watch.lost(victims), [], "nobody else loses the connection")
        t.check(wait_for(lambda: set(stack.listed()) >= {id_of(stack, uuid) for uuid in victims}, 5), "all are in the list")
        t.check(stack.list_number() - number >= 3, "the broker has read several lists meanwhile", (number, stack.list_number()))
        t.equal([uuid for uuid in victims if stack.knock(uuid, uuid)[0] not in REFUSED], [], "nor later")
        bystanders = stack.names[FLEET:]
        t.equal([uuid for uuid in bystanders if stack.knock(uuid, uuid + "~2")[0] != 0], [], "the others may log in")
        check_told(recorder, victims, bystanders)
        check_openssl(stack, victims, bystanders, watch)
        watch.stop()
        without_a_gate(stack, victims[0], bystanders[0])


def check_times(watch, times):
    early = [uuid for uuid, (begun, _) in times.items() if watch.closed.get(uuid, 0) < begun]
    t.equal(early, [], "each connection is closed by its own revocation")
    for what, taken in (("socket closed", [watch.closed[uuid] - begun for uuid, (begun, _) in times.items() if uuid in watch.closed]),
                        ("login refused", [refused - begun for begun, refused in times.values() if refused])):
        p50, p99, most = connected.percentiles(taken)
        print("# %s: p50 %.1f ms, p99 %.1f ms, max %.1f ms" % (what, p50, p99, most))
        t.check(p99 <= 1000 * SLOW, "%s within a second, for 99 of 100" % what, (p50, p99, most))


def check_told(recorder, victims, bystanders):
    def told(kind):
        return {event["uuid"]: event for event in recorder.events(kind=kind)}

    wait_for(lambda: len(told("certificate_revoked")) >= FLEET, 5)
    events = told("certificate_revoked")
    t.equal(sorted(events), sorted(victims), "an event for each")
    t.equal({event.get("reason") for event in events.values()}, {"keyCompromise"}, "with the reason")
    offline = wait_for(lambda: all(recorder.status(uuid) == "offline" for uuid in victims), 6)
    t.check(offline, "the status of each is offline", [u for u in victims if recorder.status(u) != "offline"][:5])
    t.equal({recorder.status(uuid) for uuid in bystanders}, {"online"}, "that of the others is online")
    t.equal(recorder.gaps(), [], "no event is missing")


def check_openssl(stack, victims, bystanders, watch):
    t.equal(stack.torn(), [], "openssl crl: the list is whole and signed by the authority")
    good, said = stack.verifies(victims + bystanders)
    t.equal(sorted(good), sorted(bystanders), "openssl verify -crl_check accepts those that are not revoked")
    t.equal(said.count("certificate revoked"), len(victims), "and says of each other one that it is revoked")
    late = stack.operator("late", stack.viewer, ["muster/v1/ca/all/crl"])
    heard = wait_for(lambda: late.receive(0.2), 3)
    t.equal([each.payload.decode() for each in heard or []], [read(stack.path("crl.pem"))], "the retained list is that of the file")
    t.equal(watch.lost(victims), [], "and nobody else has gone meanwhile")


def without_a_gate(stack, revoked, good):
    """Any broker that has the list refuses, without asking anyone."""
    port, = free_ports(1)
    lines = [line for line in read(stack.path("mosquitto.conf")).splitlines() if line.startswith("user ")]
    stack.write("bare.conf", "\n".join(lines + [
        "listener %d 127.0.0.1" % port, "allow_anonymous true", "cafile " + stack.path("ca.pem"), "crlfile " + stack.path("crl.pem"),
        "certfile " + stack.path("server.pem"), "keyfile " + stack.path("server.key"), "require_certificate true", ""]))
    end(stack.service)  # nobody helps
    broker = start(["mosquitto", "-c", stack.path("bare.conf")], stack.path("bare.log"))

    def knock(name):
        wire = Wire(port, stack.identity(name))
        code = wire.connect("anyone")
        wire.drop()
        return code, wire.why

    t.check(wait_for(lambda: knock(good)[0] == 0, 5), "a broker without the gate admits a good certificate", read(stack.path("bare.log")))
    code, why = knock(revoked)
    t.check(code == TLS and "REVOKED" in why.upper(), "and refuses a revoked one, as TLS does", code, why)
    end(broker)


# --- what it means ----------------------------------------------------------------------------------------------------

def validate_tells():
    """From the answer to a revocation until it is in force everywhere."""
    with Fleet(2) as stack:
        boss, watch = stack.operator("boss"), stack.connect_all(stack.names)
        before = stack.certificate(boss, "validate", id_of(stack, "dev-000"))
        t.check(before and before.get("valid") is True and set(before["checks"].values()) == {"ok"}, "it is valid before", before)
        begun = time.monotonic()
        stack.certificate(boss, "revoke", id_of(stack, "dev-000"), reason="keyCompromise")

        def in_force():
            told = stack.certificate(boss, "validate", id_of(stack, "dev-000")) or {}
            crl = told.get("crl", {})
            return told if crl.get("listed") and crl.get("inForce") and "sessions" in told else None

        told = wait_for(in_force, 5)
        t.check(told, "within five seconds it is listed and in force", stack.certificate(boss, "validate", id_of(stack, "dev-000")))
        print("# in force after %.2f s" % (time.monotonic() - begun))
        told = told or {}
        t.equal(told.get("sessions"), {"closed": 1, "open": 0}, "its connection was closed")
        t.equal((told.get("valid"), told.get("checks", {}).get("revocation")), (False, "revoked: keyCompromise"), "and it is not valid")
        t.equal(stack.knock("dev-000", "dev-000")[0], TLS, "in force: TLS itself refuses")
        other = stack.certificate(boss, "validate", id_of(stack, "dev-001"))
        t.check(other and other["valid"] and "crl" not in other, "the other device's is as it was", other)
        t.equal(watch.lost(["dev-000"]), [], "and it is still connected")
        watch.stop()


def lineage_ends_all():
    """Who stole a certificate may have renewed it since."""
    with Fleet(2) as stack:
        boss = stack.operator("boss")
        first = id_of(stack, "dev-000")
        second = stack.renew("dev-000", "dev-000-new")["certificateId"]
        t.equal(stack.knock("dev-000-new", "dev-000")[0], 0, "the new one logs in")
        states = "SELECT certificate_id, state FROM certificate WHERE uuid = 'dev-000'"
        t.check(wait_for(lambda: dict(stack.rows(states)) == {first: "superseded", second: "active"}, 5), "the old one is superseded",
                stack.rows(states))
        third = stack.renew("dev-000", "dev-000-newest", "dev-000-new")["certificateId"]
        answer = stack.certificate(boss, "revoke", first, reason="keyCompromise", lineage=True)
        t.equal(sorted((answer or {}).get("revoked", [])), sorted([first, second, third]), "the answer names all of them")
        t.equal(set(dict(stack.rows(states)).values()), {"revoked"}, "all are revoked")
        for name in ("dev-000", "dev-000-new", "dev-000-newest"):
            t.check(stack.knock(name, "dev-000")[0] in REFUSED, name + " is refused")
        t.check(wait_for(lambda: {first, second, third} <= stack.listed(), 5), "and all are in the list", stack.listed())
        good, _ = stack.verifies(["dev-000", "dev-000-new", "dev-000-newest", "dev-001"])
        t.equal(good, {"dev-001"}, "openssl accepts none of them")


def hardware_is_held():
    """The certificate was revoked: the hardware does not come back with the key that it used, whatever it calls itself."""
    def more_keys(stack):
        stack.other_key = stack.add_key()

    with Fleet(people=[more_keys]) as stack:
        boss, hardware = stack.operator("boss"), {"serial": "SN-4711", "mac": "00:11:22:aa:bb:cc"}
        stack.certify("held", hardware=hardware)
        stack.certificate(boss, "revoke", id_of(stack, "held"), reason="keyCompromise")
        t.equal(stack.ctl("device", "reset", "held", "--yes").returncode, 0, "the operator resets it")
        is_refused(lambda: stack.certify("held"), "device_blocked", "with the same key it does not enrol")
        is_refused(lambda: stack.certify("other", hardware={"serial": "sn 4711"}), "device_blocked", "nor as another, by its serial")
        is_refused(lambda: stack.certify("other", hardware={"mac": "00-11-22-AA-BB-CC"}), "device_blocked", "nor by its address")
        stack.certify("stranger", hardware={"serial": "SN-4712"})
        t.equal(stack.knock("stranger", "stranger")[0], 0, "other hardware with that key does")
        stack.certify("other", stack.other_key, hardware=hardware)
        t.equal(stack.knock("other", "other")[0], 0, "the hardware with another key does")
        answer = ask(boss, "muster/v1/admin/boss/device/release", {"uuid": "held"})
        t.equal((answer or {}).get("released"), True, "the operator releases it")
        stack.certify("held", hardware=hardware)
        t.equal(stack.knock("held", "held")[0], 0, "with the same key it does")


# --- a list that no message holds -------------------------------------------------------------------------------------

LIST = "muster/v1/ca/all/crl"


def supersede(stack, count):
    """So many certificates have ended: rows of the database, while the service is down."""
    now = int(time.time())
    stack.insert("DELETE FROM certificate WHERE uuid = 'ended'")
    stack.insert("""WITH RECURSIVE each(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each WHERE n < ?)
        INSERT INTO certificate (certificate_id, uuid, tenant, public_key, state, reason, not_before, not_after, created_at, ended_at, issuer)
        SELECT printf('40%034x', n), 'ended', 'default', x'', 'superseded', 'superseded', 1, ?, 1, ?, 1 FROM each""",
                 count, now + 86400 * 60, now * 1000)


def with_list(stack, count):
    """The service starts with that, and the broker keeps what it retains; then whoever follows the list."""
    before = stack.list_number()
    stack.kill_service()
    supersede(stack, count)
    stack.start_service()
    stack.wait_ready()
    t.check(wait_for(lambda: stack.list_number() > before, 10), "a list of %d entries" % count)


def retained(stack):
    """What the broker retains of the list: by topic."""
    with_eyes = stack.operator("copy~%x" % time.monotonic_ns(), stack.viewer, [LIST + "/#"])
    with_eyes.ping()
    heard = {each.topic[len(LIST):]: each.payload for each in with_eyes.receive(0.3)}
    with_eyes.disconnect()
    return heard


def assembled(stack):
    """The PEM of the parts, when they are what the document says."""
    heard = retained(stack)
    parts = [json.loads(heard.get("/%d" % (each + 1), "{}")) for each in range(len(heard))]
    text = "".join(part.get("crlPem", "") for part in parts)
    good = [(part.get("number"), part.get("part"), part.get("parts"), part.get("sha256")) for part in parts] == [
        (stack.list_number(), each + 1, len(parts), hashlib.sha256(text.encode()).hexdigest()) for each in range(len(parts))]
    return text if good and parts else None


def copied(stack):
    """The same by what docs/operating.md says: what it leaves in crl-copy.pem, and what openssl says of that."""
    page = read(os.path.join(ROOT, "docs/operating.md")).split("## A copy of the revocation list")[1].split("\n## ")[0]
    script, follow, verify = re.findall(r"```(?:python|sh)\n(.*?)```", page, re.S)
    stack.write("crl_copy.py", script)
    follow = follow.replace("-p 8884", "-p %d" % stack.tls).replace("-W 5", "-W 2")
    return [run(["bash", "-c", each], cwd=stack.directory) for each in ("rm -f crl-copy.pem one-list-*", follow, verify)][-1]


def parts_of_a_long_list():
    """No message holds the list: it comes in parts, which anyone can join; a shorter one clears them."""
    with Fleet(1) as stack:
        stack.VERIFIES = False  # the rows are of no certificates
        boss = stack.operator("boss")
        with_list(stack, 2000)
        t.equal(wait_for(lambda: assembled(stack), 5), read(stack.path("crl.pem")), "the parts are the list of the file")
        t.equal(sorted(retained(stack)), ["/1", "/2", "/3"], "in three parts, and the topic itself is empty")
        said = copied(stack)
        t.equal(said.stderr.strip(), "verify OK", "the example of the document verifies it")
        t.equal(read(stack.path("crl-copy.pem")), read(stack.path("crl.pem")), "and has all of it")
        t.check(stack.ca(boss, "rotate"), "the next issuer")
        t.check(wait_for(lambda: len(stack.of_each_list()) == 2, 10), "has a list of its own")
        t.check(wait_for(lambda: assembled(stack) == read(stack.path("crl.pem")), 10), "the parts are both lists")
        t.equal(copied(stack).stderr.split("\n")[:2], ["verify OK"] * 2, "and the example takes them apart")
        with_list(stack, 1000)
        t.check(wait_for(lambda: sorted(retained(stack)) == ["/1", "/2"], 5), "fewer entries, fewer parts", sorted(retained(stack)))
        t.equal(assembled(stack), read(stack.path("crl.pem")), "which are the list of the file")
        end(stack.broker)
        stack.start_broker()
        t.check(wait_for(lambda: stack.answers(0.5), 15), "a broker that was restarted")
        t.equal(wait_for(lambda: assembled(stack), 5), read(stack.path("crl.pem")), "has all of it again")
        with_list(stack, 10)
        t.check(wait_for(lambda: list(retained(stack)) == [""], 5), "a list that fits is one message", sorted(retained(stack)))
        t.equal(retained(stack)[""].decode(), read(stack.path("crl.pem")), "which is the list of the file")
        t.equal(copied(stack).stderr.split("\n")[:2], ["verify OK"] * 2, "and the example takes that, too")


t.run(nobody_stays, validate_tells, lineage_ends_all, hardware_is_held, parts_of_a_long_list)
