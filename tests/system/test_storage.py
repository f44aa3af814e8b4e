#!/usr/bin/python3
"""A full disk and a disk that fails: nothing is acknowledged that is not stored, and the service says so."""
import os
import random
import shutil
import threading
import time

from killed import may_trace
from muster import Checks, Stack, end, folder, make_csr, program, run, start, wait_for

t = Checks()


# --- a full disk ------------------------------------------------------------------------------------------------------

def small_disk(stack):
    """Moves the database to a file system of 3 MiB; its folder, or None when mounting is not permitted."""
    disk = stack.path("disk")
    os.mkdir(disk)
    mounted = run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", disk])
    if mounted.returncode != 0:
        print("# skipped: a file system cannot be mounted here: " + mounted.stderr.strip())
        return None
    shutil.move(stack.database, disk + "/muster.db")
    stack.database = disk + "/muster.db"
    stack.set("database disk/muster.db")
    return disk


def fill(path, size):
    with open(path, "wb") as file:
        file.write(b"x" * size)


def fill_up(disk):
    """Takes what is left, to the last page."""
    with open(disk + "/rest", "ab", buffering=0) as file:
        try:
            for _ in range(10000):
                file.write(b"x" * 4096)
        except OSError:
            return


class Load:
    """Registers one device after the other from several threads; each answer is kept."""

    def __init__(self, stack, prefix, threads=4):
        self.stack, self.prefix, self.lock = stack, prefix, threading.Lock()
        self.accepted, self.refused, self.silent, self.count, self.stop = {}, {}, [], 0, threading.Event()
        self.askers = [stack.asker() for _ in range(threads)]
        self.threads = [threading.Thread(target=self.work, args=(asker,)) for asker in self.askers]

    def body(self, uuid):
        return {"provisioningKey": self.stack.key, "requestId": uuid, "tags": {"t%d" % i: "v" * 700 for i in range(4)}}

    def work(self, asker):
        while not self.stop.is_set():
            with self.lock:
                self.count += 1
                uuid = "%s%05d" % (self.prefix, self.count)
            answer = asker.device(uuid, "register", self.body(uuid), seconds=1.5)
            with self.lock:
                if answer is None:
                    self.silent.append(uuid)
                elif answer.code:
                    self.refused[uuid] = answer
                else:
                    self.accepted[uuid] = answer
            if answer is None or answer.code:
                time.sleep(0.02)

    def run_until(self, condition, seconds=30):
        for thread in self.threads:
            thread.start()
        found = wait_for(condition, seconds)
        self.stop.set()
        for thread in self.threads:
            thread.join(20)
        return found


def disk_fills_up():
    with Stack("rsa_pool 0", go=False) as stack:
        disk = small_disk(stack)
        if disk is None:
            return
        try:
            full_disk(stack, disk)
            stack.verify()
        finally:
            end(stack.service)
            run(["umount", "-l", disk])


def full_disk(stack, disk):
    fill(disk + "/filler", 1900 * 1024)
    stack.start_broker()
    stack.start_service()
    stack.wait_ready()
    pid, asker = stack.service.pid, stack.asker()
    stack.register(asker, "reader")
    asker.device("reader", "connect", {"session": "s"})
    load = Load(stack, "a")
    t.check(load.run_until(lambda: len(load.refused) > 40), "the disk becomes full", len(load.accepted))
    print("# accepted %d, refused %d" % (len(load.accepted), len(load.refused)))
    t.equal({a.code for a in load.refused.values()}, {"storage_unavailable"}, "requests get storage_unavailable")
    t.equal(load.silent, [], "each has an answer")
    while_full(stack, disk, asker)
    check_stored(stack, load)
    os.remove(disk + "/filler")
    os.remove(disk + "/rest")
    t.check(wait_for(lambda: asker.device("again", "register", {"provisioningKey": stack.key}).code == "", 10, 0.2),
            "with space again it serves again")
    for uuid in list(load.refused)[:10]:
        answer = asker.insist("muster/v1/device/%s/register" % uuid, load.body(uuid), 8)
        t.check(answer is not None and not answer.code, "the same request is accepted then", answer)
        if answer is not None and not answer.code:
            load.accepted[uuid] = answer
    answer = asker.insist("muster/v1/device/issued/provision", {"provisioningKey": stack.key, "keyType": "ec:p256"})
    t.check(answer is not None and answer.get("certificateId"), "certificates are issued again", answer)
    t.equal((stack.service.pid, stack.service.poll()), (pid, None), "the same process")
    for uuid in random.sample(sorted(load.accepted), 10):  # repeated, they get the same answer
        t.equal(asker.device(uuid, "register", load.body(uuid)).raw, load.accepted[uuid].raw, "a repeat gets the same answer")
    check_stored(stack, load)
    stack.restart_service()
    stack.wait_ready()
    check_stored(stack, load)


def while_full(stack, disk, asker):
    fill_up(disk)
    load = Load(stack, "b", 1)  # what is left within the files is used up
    t.check(load.run_until(lambda: len(load.refused) > 10, 15), "nothing fits any more", load.refused.keys())
    found = [asker.device("reader", "get") for _ in range(40)]
    good = [a for a in found if a is not None and a.get("status") == "online"]
    t.check(len(good) >= 38, "reads still work", [a for a in found if a not in good][:2])
    looks = [stack.admin_ask(asker, "stats", "overview") for _ in range(20)]
    t.check(sum("total" in (a or {}) for a in looks) >= 18, "operators can look", looks[:2])
    # A last free page may still be found: then the certificate is stored. Never one without the other.
    answers = [asker.device("reader", "provision", body, seconds=2)
               for body in ({"csr": make_csr(folder())}, {"keyType": "ec:p256"})]
    codes = {a.code for a in answers if a is not None and a.code}
    # The first one's may have been begun, and be in the making still when the second comes.
    t.check(codes <= {"storage_unavailable", "rate_limited"}, "a refusal says why", codes)
    issued = [a["certificateId"] for a in answers if a is not None and not a.code]
    stored = [row[0] for row in stack.rows("SELECT certificate_id FROM certificate WHERE reason <> 'never_issued'")]
    t.check(set(issued) <= set(stored), "what is issued is stored", (issued, stored))
    for _ in range(20):
        asker.publish("muster/v1/device/reader/heartbeat", {"session": "s"})
    t.check(stack.service.poll() is None and wait_for(lambda: stack.answers(1), 5), "heartbeats do no harm")
    check_stored(stack, load)


def check_stored(stack, load):
    rows = dict(stack.rows("SELECT uuid, device_id FROM device"))
    lost = [uuid for uuid, answer in load.accepted.items() if rows.get(uuid) != answer["deviceId"]]
    t.equal(lost, [], "what was accepted is stored")
    t.equal(stack.rows("PRAGMA integrity_check"), [("ok",)], "the database is whole")


# --- a disk that fails ------------------------------------------------------------------------------------------------

def start_failing(stack, number):
    """The service with an fdatasync that fails at the given call. The tracer's end ends the service too."""
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # which cannot be traced
    stack.service = start(["strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e",
                           "inject=fdatasync:error=EIO:when=%d" % number, "setpriv", "--pdeathsig", "KILL", program("musterd"),
                           "--config", stack.path("muster.conf")], stack.path("musterd.log"))


def disk_fails():
    if not may_trace():
        print("# skipped: strace is missing or may not trace here")
        return
    for number in (1, 3, 7, 12, 20):  # the second is of a folder, which SQLite does without
        with Stack("rsa_pool 0", go=False) as stack:
            stack.start_broker()
            start_failing(stack, number)
            load = Load(stack, "d", 3)
            ended = load.run_until(lambda: stack.service.poll() is not None or len(load.accepted) > 300, 20)
            t.check(ended and stack.service.returncode == 1, "the service ends by itself when sync %d fails" % number,
                    stack.service.poll())
            t.check("error" in stack.log(), "and says why", stack.log()[-300:])
            after_failure(stack, load, number)


def after_failure(stack, load, number):
    stack.start_service()
    stack.wait_ready()
    check_stored(stack, load)
    t.equal(stack.one("SELECT count(*) FROM intent"), 0, "no open intent")
    asker = stack.asker()
    for uuid in (load.silent + list(load.refused))[:5]:
        answer = asker.insist("muster/v1/device/%s/register" % uuid, load.body(uuid))
        t.check(answer is not None and not answer.code, "a request without an answer is accepted after the restart", answer)
    print("# sync %d: accepted %d, refused %d, unanswered %d" % (number, len(load.accepted), len(load.refused), len(load.silent)))
    bad = {a.code for a in load.refused.values()}
    t.check(bad <= {"storage_unavailable", "internal"}, "refusals name the storage", bad)


t.run(disk_fills_up, disk_fails)
