#!/usr/bin/python3
"""muster-device renews its certificate and replaces its API key: asked for, offered, refused, and killed at every step."""
import json
import os
import signal
import threading
import time

from device import Device, listed, online
from gated import GatedStack
from killed import may_trace
from muster import Checks, Stack, clock, program, read, run, start, wait_for

t = Checks()
FLEET = 20
WRITES = "write,writev,pwrite64,sendto,sendmsg,rename,renameat,renameat2,unlink,unlinkat,fsync,fdatasync,ftruncate,fchmod,mkdir"


def settings():
    return ["last_will_grace_seconds 2", "heartbeat_seconds 1", "certificates_per_day 0"]


def enrolled(stack, count=1):
    """Devices that were online and are not running."""
    devices = [Device(stack) for _ in range(count)]
    for device in devices:
        device.run()
    t.check(online(stack, count), "they enrol", [device.log()[-300:] for device in devices])
    stop(devices)
    return devices


def stop(devices):
    for device in devices:
        device.child.send_signal(signal.SIGTERM)
    for device in devices:
        device.kill(signal.SIGTERM)


def living(stack, uuid):
    """The certificates of the device that a broker may admit, with their states."""
    return stack.rows("SELECT certificate_id, state FROM certificate WHERE uuid = ? AND state IN ('pending', 'active', 'expiring')",
                      uuid)


def settled(stack, device):
    """Whether device and service agree on one certificate in use, and nothing is under way."""
    info = device.info()
    return info["nextCertificateId"] is None and living(stack, info["uuid"]) == [(info["certificateId"], "active")] and \
        not os.path.exists(device.dir + "/next.pem") and not os.path.exists(device.dir + "/request.pem")


def by_hand_and_by_offer():
    for world in (Stack, GatedStack):
        t.what = "by_hand_and_by_offer, " + world.__name__
        with world(*settings()) as stack:
            device = enrolled(stack)[0]
            first = device.info()
            done = device.do("renew")
            second = device.info()
            t.check(done.returncode == 0 and "renewed certificate=%s until %s" % (second["certificateId"], second["notAfter"]) in
                    done.stdout, "renew says what became of it", done)
            t.check(second["certificateId"] != first["certificateId"] and settled(stack, device), "one certificate is in use", second)
            t.equal(stack.rows("SELECT state FROM certificate WHERE certificate_id = ?", first["certificateId"]),
                    [("superseded",)], "the old one is superseded")
            key = json.loads(read(device.dir + "/state.json"))["apiKey"]
            done = device.do("rotate")
            t.check(done.returncode == 0 and "mdk_" not in done.stdout + done.stderr, "rotate tells no secret", done)
            t.check(json.loads(read(device.dir + "/state.json"))["apiKey"] != key, "the API key is another one")
            offered_while_it_runs(stack, device)


def offered_while_it_runs(stack, device):
    device.run()
    t.check(online(stack), "it is online", device.log()[-500:])
    recorder, before = stack.recorder(), device.info()
    time.sleep(0.5)  # what is retained is behind it
    t.equal(stack.ctl("certificate", "renew", before["uuid"]).returncode, 0, "an operator asks for a renewal")
    t.check(wait_for(lambda: device.info()["certificateId"] != before["certificateId"] and settled(stack, device), 10),
            "the device renews at once", device.log()[-800:])
    t.check(device.do("renew").returncode == 7, "renew beside the running process is a conflict")
    time.sleep(2.5)
    t.equal((recorder.changes(before["uuid"]), len(listed(stack))), ([], 1), "and was never offline")
    device.kill(signal.SIGTERM)


# --- kill -9 ----------------------------------------------------------------------------------------------------------

def calls(device, command):
    """Every write-class call that the command makes, as (name, number), from a run that goes well."""
    trace = device.dir + ".trace"
    done = run(["strace", "-f", "-o", trace, "-e", "trace=" + WRITES, program("muster-device"), command] + device.options)
    t.equal(done.returncode, 0, "%s under strace" % command)
    counts = {}
    for line in read(trace).splitlines():
        thread, _, rest = line.partition(" ")
        name = rest.strip().partition("(")[0]
        if name in WRITES.split(","):
            counts.setdefault(name, {}).setdefault(thread, 0)
            counts[name][thread] += 1  # strace counts each call of each thread on its own
    return [(name, number) for name in counts for number in range(1, max(counts[name].values()) + 1)]


def kill_all(devices, command, places):
    """The command on each device, all at once, killed at its place; the exit codes."""
    codes = {}

    def one(device, place):
        name, number = place
        words = ["strace", "-f", "-o", "/dev/null", "-e", "trace=" + name, "-e", "inject=%s:signal=KILL:when=%d" % (name, number)]
        codes[place] = run(words + [program("muster-device"), command] + device.options).returncode
    threads = [threading.Thread(target=one, args=pair) for pair in zip(devices, places)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


def come_back(stack, devices, what):
    """All are started again: online with one certificate each."""
    for device in devices:
        device.run()
    t.check(online(stack, len(devices)), "online after %s" % what, [device.log()[-300:] for device in devices])
    late = wait_for(lambda: all(settled(stack, device) for device in devices), 10, 0.3)
    t.check(late, "one certificate each after %s" % what, [(d.info(), living(stack, d.info()["uuid"]), d.log()[-400:])
                                                           for d in devices if not settled(stack, d)])
    stop(devices)


def logs_in_by_key(stack, device):
    state = json.loads(read(device.dir + "/state.json"))
    uuid = read(device.dir + "/uuid").strip()
    wire = stack.wire()
    code = wire.connect(uuid, uuid, state["apiKey"])
    wire.drop()
    return code == 0


def kills(command):
    """Killed at each call that changes something, each device at another one, until all had their turn."""
    if not may_trace():
        print("# skipped: strace is missing or may not trace here")
        return
    os.environ["ASAN_OPTIONS"] = "detect_leaks=0"  # which cannot be traced
    with GatedStack(*settings()) as stack:
        devices = enrolled(stack, FLEET)
        places, killed = calls(devices[0], command), 0
        for first in range(0, len(places), FLEET):
            batch = places[first:first + FLEET]
            codes = kill_all(devices, command, batch)
            killed += sum(code != 0 for code in codes.values())
            what = "%s killed at %s" % (command, batch)
            t.equal([d.dir for d in devices if not logs_in_by_key(stack, d)], [], "the API key works after " + what)
            come_back(stack, devices, what)
        t.check(killed >= len(places) * 0.8, "it was killed at nearly all of them", killed, len(places))
        print("# %s: killed at %d of %d calls" % (command, killed, len(places)))
        uuids = {device.info()["uuid"] for device in devices}
        provisions = [line for line in stack.log().splitlines() if " provision id=" in line and "certificateId=" in line]
        t.equal((len(provisions), {d["uuid"] for d in listed(stack)}), (FLEET, uuids), "no device provisioned twice")


def killed_while_it_renews():
    kills("renew")


def killed_while_it_rotates():
    kills("rotate")


# --- what is refused --------------------------------------------------------------------------------------------------

def stopped_with_next(stack, device):
    """Begins a renewal and stops the device while the new certificate waits on the disk. False when it was too quick."""
    device.child = start([program("muster-device"), "renew"] + device.options, device.dir + ".log")
    wait_for(lambda: "nextCertificateId" in read(device.dir + "/state.json") or device.child.poll() is not None, 10, 0.001)
    device.kill()
    return device.info()["nextCertificateId"] is not None and len(living(stack, device.info()["uuid"])) == 2


def revoked_while_it_waits():
    """The new certificate is revoked before it was used: the device goes on with the old one."""
    with GatedStack(*settings()) as stack:
        device = enrolled(stack)[0]
        any(stopped_with_next(stack, device) for _ in range(10))
        new, old = device.info()["nextCertificateId"], device.info()["certificateId"]
        if not t.check(new, "a new certificate waits"):
            return
        done = device.do("info", network=False)
        t.check("new, waiting   " + new in done.stdout, "info shows the one that waits", done.stdout)
        t.equal(stack.ctl("certificate", "revoke", new, "--yes").returncode, 0, "an operator revokes it")
        device.run()
        t.check(wait_for(lambda: settled(stack, device), 30) and online(stack) and device.info()["certificateId"] == old,
                "with the old certificate", device.info(), device.log()[-500:])
        t.check("is given up" in device.log(), "and says so", device.log()[-500:])
        device.kill(signal.SIGTERM)


def dates(stack, name):
    return run(["openssl", "x509", "-in", stack.path(name), "-noout", "-dates"]).stdout


def clock_is_ahead():
    """The service's clock is ahead for some seconds, by more than a certificate's life: nothing ends by it."""
    with GatedStack() as stack:
        stack.enrol("dev1", True)
        stack.write("ahead", "0")
        stack.kill_service()
        stack.start_service(["env", *("%s=%s" % pair for pair in clock(stack.path("ahead")).items())])
        stack.wait_ready()
        stack.certified("dev1").drop()
        before = [dates(stack, name) for name in ("server.pem", "service.pem")]
        number = stack.rows("SELECT value FROM meta WHERE name = 'crl_number'")[0][0]
        stack.write("ahead", str(400 * 86400))
        t.check(wait_for(lambda: "clock_jumped_ahead uuid=- reason=by 345" in stack.log(), 5), "the log tells it")
        t.check(wait_for(lambda: stack.rows("SELECT value FROM meta WHERE name = 'crl_number'")[0][0] > number, 5), "a list is made")
        t.check(wait_for(lambda: "crl number=%d" % (number + 1) in stack.log(), 5), "and is in place")
        t.equal(stack.rows("SELECT state FROM certificate WHERE uuid = 'dev1'"), [("active",)], "the device's certificate counts")
        t.equal([dates(stack, name) for name in ("server.pem", "service.pem")], before, "broker and service keep theirs")
        stack.certified("dev1").drop()
        stack.write("ahead", "0")
        time.sleep(1)
        t.equal(stack.rows("SELECT state FROM certificate WHERE uuid = 'dev1'"), [("active",)], "and so it is afterwards")
        stack.certified("dev1").drop()


t.run(clock_is_ahead, by_hand_and_by_offer, killed_while_it_renews, killed_while_it_rotates, revoked_while_it_waits)
