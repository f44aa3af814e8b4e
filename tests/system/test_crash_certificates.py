#!/usr/bin/python3
"""kill -9 of the service at every system call that writes while a certificate is renewed, and while one is revoked and
the list is made: what was answered stays, nobody is locked out, the list is never torn and its number never goes back."""
import json
import queue
import secrets
import threading
import time

from connected import DEVICE, GONE, Fleet
from gated import Refused
from killed import Killing, may_trace
from muster import SLOW, Answer, Checks, wait_for
from wire import TLS

t = Checks()
WORLDS = 3    # at a time
MOST = 40     # calls of one kind, in one thread
REFUSED = (GONE, TLS)
# Calls and how many of them are stepped over. Of what is written into the database's log only every eighth: a commit
# counts with its last frame, and the fdatasync behind each is among the calls. Where a certificate is renewed no file is
# made, renamed or removed.
RENEWAL = [("fdatasync", 1), ("writev", 1), ("pwrite64", 8), ("write", 1)]
REVOCATION = RENEWAL + [("openat", 1), ("unlinkat", 1), ("fchmod", 1), ("fsync", 1), ("renameat", 1),
                        ("write crl.pem.new", 1), ("write crl.pem", 1), ("ftruncate", 1), ("rename", 1)]
NEVER = ("write crl.pem", "ftruncate", "rename")


def try_to_ask(wire, topic, body, killing, seconds=3):
    """The answer, or None when the service died before."""
    correlation, dead = secrets.token_bytes(8), False
    wire.publish(topic, json.dumps(body), correlation=correlation)
    limit = time.monotonic() + seconds * SLOW
    while time.monotonic() < limit and not dead:
        dead = killing.hit
        if dead:  # what it said before has come then
            t.check(wire.ping() and wire.ping() and wire.ping(), "the connection lives on without a service")
        for heard in [each for each in wire.heard if each.topic != topic]:
            wire.heard.remove(heard)
            if heard.properties.get("correlation") == correlation:
                return Answer(json.loads(heard.payload))
        wire.next(0.02)
    return None


def insist(wire, topic, body, killing, seconds=10):
    """As devices do: the same request again, until the answer is no passing trouble."""
    limit, answer = time.monotonic() + seconds * SLOW, None
    while time.monotonic() < limit:
        answer = try_to_ask(wire, topic, body, killing, 2)
        if answer is not None and answer.code not in ("rate_limited", "storage_unavailable"):
            return answer
        time.sleep(0.05)
    return answer


class Never:
    """No kill."""
    hit = False


class World:
    """One broker and the service that is killed again and again; a fresh device for each kill."""

    def __init__(self, stack):
        self.stack, self.count, self.number, self.boss = stack, 0, 0, stack.operator("boss")

    def device(self):
        self.count += 1
        uuid = "dev-%03d" % self.count
        self.stack.certify(uuid)
        return uuid, self.stack.enter(self.stack.wire("mtls", secure=self.stack.identity(uuid)), uuid, None, None, [DEVICE + uuid + "/#"])

    def back(self, what):
        """What holds after each kill: looked at before the service is started again, and then it is."""
        stack = self.stack
        t.equal(stack.torn(), [], what + ": openssl reads the list")
        number = stack.list_number()
        t.check(number >= self.number, what + ": the list's number does not go back", (number, self.number))
        self.number = number
        stack.start_service()
        stack.wait_ready()

    # a device renews, and logs in with what it got

    def renewal(self, call, number):
        """False when the service was not hit."""
        stack, what = self.stack, "renewal, %s %d" % (call, number)
        uuid, wire = self.device()
        body, answer = {"requestId": "renew-1", "keyType": "ec:p256"}, None
        active = "SELECT count(*) FROM certificate WHERE certificate_id = ? AND state = 'active'"
        with Killing(stack, call, number) as killing:
            answer = try_to_ask(wire, DEVICE + uuid + "/renew", body, killing)
            if answer is not None:
                t.equal(answer.code, "", what + ": it is renewed")
                stack.keep(uuid + "-new", answer)
                t.equal(stack.knock(uuid + "-new", uuid + "~new")[0], 0, what + ": the new one logs in, whatever has become of the service")
                wait_for(lambda: killing.hit or stack.one(active, answer["certificateId"]), 2, 0.02)
                wait_for(lambda: killing.hit, 0.3, 0.02)
            hit = killing.hit
        if hit:
            self.back(what)
            self.renewed(uuid, wire, body, answer, what)
        return hit

    def renewed(self, uuid, wire, body, answer, what):
        stack = self.stack
        wire.drop()
        if answer is not None:
            known = stack.one("SELECT count(*) FROM certificate WHERE certificate_id = ? AND pem IS NOT NULL", answer["certificateId"])
            t.equal(known, 1, what + ": the certificate that was given out is known")
        else:
            wire = stack.enter(stack.wire("mtls", secure=stack.identity(uuid)), uuid, None, None, [DEVICE + uuid + "/#"])
            answer = insist(wire, DEVICE + uuid + "/renew", body, Never)
            wire.drop()
            if not t.check(answer is not None and not answer.code, what + ": the same request is answered after the restart", answer):
                return
            stack.keep(uuid + "-new", answer)
        t.equal(stack.knock(uuid + "-new", uuid + "~new")[0], 0, what + ": the device is not locked out")
        ended = wait_for(lambda: stack.knock(uuid, uuid + "~old")[0] in REFUSED, 5)
        t.check(ended, what + ": and what it had before is superseded")
        t.equal(stack.one("SELECT count(*) FROM intent"), 0, what + ": no intent is left")

    # an operator revokes, and the list is made

    def revocation(self, call, number):
        stack, what = self.stack, "revocation, %s %d" % (call, number)
        uuid, wire = self.device()
        certificate = stack.devices[uuid]["certificateId"]
        body = {"requestId": "revoke-" + uuid, "certificateId": certificate, "reason": "keyCompromise"}
        topic = "muster/v1/admin/boss/certificate/revoke"
        with Killing(stack, call, number) as killing:
            answer = try_to_ask(self.boss, topic, body, killing)
            wait_for(lambda: killing.hit or certificate in stack.listed(), 2, 0.05)
            wait_for(lambda: killing.hit, 0.2, 0.02)
            hit = killing.hit
        if not hit:
            return False
        if answer is not None:
            t.equal(answer.get("state"), "revoked", what + ": it is revoked")
            t.check(stack.knock(uuid, uuid + "~2")[0] in REFUSED, what + ": refused while the service is away")
        self.back(what)
        if answer is None:
            answer = insist(self.boss, topic, body, Never)
            t.equal((answer or {}).get("state"), "revoked", what + ": the same request is answered after the restart")
        t.check(stack.knock(uuid, uuid + "~2")[0] in REFUSED, what + ": refused after the restart")
        t.check(wire.is_closed(3 * SLOW), what + ": its connection was closed")
        t.check(stack.wait_list(certificate), what + ": it is in the list")
        t.equal(stack.one("SELECT count(*) FROM certificate WHERE certificate_id = ? AND state = 'revoked'", certificate), 1,
                what + ": and in the database")
        return True


def kill_at_each(world, operation, call, step):
    """How often the service was killed at that kind of call."""
    hits = 0
    while hits < MOST and getattr(world, operation)(call, 1 + hits * step):
        hits += 1
    t.equal(hits > 0, call not in NEVER, "%s: whether there is a %s" % (operation, call))
    return hits


def go_on(work, done):
    """A world of its own, and one kind of call after the other, until none is left."""
    try:
        with Fleet(0, "certificates_per_day 0") as stack:
            world = World(stack)
            while True:
                row = work.get_nowait()
                done.append((*row[:2], kill_at_each(world, *row)))
    except queue.Empty:
        pass
    except (RuntimeError, OSError, Refused) as error:
        t.check(False, "a world: %s" % error)


def killed_everywhere():
    if not may_trace():
        print("# skipped: strace is missing or may not trace here")
        return
    work, done = queue.Queue(), []
    for operation, calls in (("revocation", REVOCATION), ("renewal", RENEWAL)):
        for call, step in calls:
            work.put((operation, call, step))
    workers = [threading.Thread(target=go_on, args=(work, done)) for _ in range(WORLDS)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    for operation in ("renewal", "revocation"):
        print("# %s: killed at %s" % (operation, ", ".join("%s %d" % row[1:] for row in sorted(done) if row[0] == operation)))
    t.equal(len(done), len(RENEWAL) + len(REVOCATION), "every kind of call was tried")


t.run(killed_everywhere)
