#!/usr/bin/python3
"""The broker reads its files again: as often as anyone asks, while a fleet is connected, and when the list is rubbish."""
import os
import re
import signal
import time

from connected import Fleet
from muster import SLOW, Checks, end, read, run, wait_for

t = Checks()
FLEET, A_SECOND, SECONDS = 200, 50, 5
ENTRIES = 2000  # of a list that is large
COMMAND = "$CONTROL/muster/v1"


def resident(process):
    """Octets of memory."""
    return 1024 * int(re.search(r"VmRSS:\s+(\d+)", read("/proc/%d/status" % process.pid))[1])


def reload(stack, spy, numbers):
    """Asks at a steady rate; the numbers that the gate told."""
    begun, told = time.monotonic(), lambda: [each.payload for each in spy.look() if each.topic == "muster/v1/gate/reloaded"]
    before = len(told())
    for count, number in enumerate(numbers):
        spy.wire.publish(COMMAND, "reload %d" % number, qos=0)
        time.sleep(max(0, begun + (count + 1) / A_SECOND - time.monotonic()))
    wait_for(lambda: told() and told()[-1] == b'{"number":%d}' % numbers[-1], 5)
    t.equal(told()[-1], b'{"number":%d}' % numbers[-1], "the gate tells of the last one")
    return told()[before:]


def large_list(stack, number):
    """A list of the authority with many entries, as openssl makes it, put in place as the service does it."""
    if not os.path.exists(stack.path("large.conf")):
        stack.write("large.conf", "[ca]\ndefault_ca=d\n[d]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\ndefault_crl_days=30\n[e]\n"
                    "authorityKeyIdentifier=keyid\n" % (stack.path("index"), stack.path("number")))
        stack.write("index", "".join("R\t400101000000Z\t260101000000Z\t%036X\tunknown\t/CN=%d\n" % (1 << 140 | entry, entry)
                                     for entry in range(ENTRIES)))
    stack.write("number", "%04X\n" % number)
    made = run(["openssl", "ca", "-gencrl", "-config", stack.path("large.conf"), "-crlexts", "e", "-cert", stack.path("ca.pem"),
                "-keyfile", stack.path("ca.key"), "-out", stack.path("large.pem")])
    t.equal(made.returncode, 0, "openssl makes a list: " + made.stderr[-200:])
    os.chmod(stack.path("large.pem"), 0o644)
    os.rename(stack.path("large.pem"), stack.path("crl.pem"))


def storms():
    """SIGHUP fifty times a second; then with a list that is another one each time."""
    with Fleet(FLEET) as stack:
        spy, watch = stack.spy(), stack.connect_all(stack.names)
        reload(stack, spy, range(1, 11))  # what is taken once
        before = resident(stack.broker)
        told = reload(stack, spy, range(11, 11 + A_SECOND * SECONDS))
        t.check(len(told) > A_SECOND, "the broker has read its files many times", len(told))
        after = resident(stack.broker)
        print("# %d reloads, the broker's memory: %d KiB before, %d KiB after" % (len(told), before // 1024, after // 1024))
        t.check(after - before < 2 << 20, "no memory is lost", before, after)
        sizes = []
        for number in range(1000, 1030):
            large_list(stack, number)
            reload(stack, spy, [number])
            sizes.append(resident(stack.broker))
        print("# lists of %d entries, the broker's memory: %s KiB" % (ENTRIES, [size // 1024 for size in sizes[::5]]))
        t.check(sizes[-1] - sizes[9] < 4 << 20, "a new list takes the place of the one before", sizes)
        t.equal(watch.lost(), [], "nobody is disconnected")
        t.equal([uuid for uuid in stack.names[::10] if stack.knock(uuid, uuid + "~2")[0] != 0], [], "logins work")
        watch.stop()


def rubbish():
    """Somebody puts something else in the place of the list (docs/operating.md)."""
    with Fleet(5) as stack:
        watch = stack.connect_all(stack.names)
        good = read(stack.path("crl.pem"))
        for what, text in (("rubbish", "no list\n" * 100), ("nothing", ""), ("half a list", good[:len(good) // 2])):
            stack.write("crl.pem", text)
            lines = len(stack.broker_log())
            stack.broker.send_signal(signal.SIGHUP)
            said = wait_for(lambda: "Unable to load certificate revocation file" in stack.broker_log()[lines:], 5)
            t.check(said, what + ": the broker says that it cannot read the list", stack.broker_log()[lines:])
            t.equal(stack.knock("dev-000", "dev-000~2")[0], 0, what + ": it goes on with the one before")
            t.equal(watch.lost(), [], what + ": nobody is disconnected")
        end(stack.broker)
        stack.start_broker()
        t.check(wait_for(lambda: stack.broker.poll() is not None, 5), "a broker with such a list does not start")
        stack.restart_service()
        t.check(wait_for(lambda: not stack.torn(), 5), "the service makes a good list when it starts", stack.torn())
        stack.start_broker()
        stack.wait_ready()
        t.equal(stack.knock("dev-000", "dev-000~2")[0], 0, "then the broker starts, and devices come in")
        watch.stop()


def mended_by_the_next_list():
    """What lies in the list's place is replaced by the next list, in one piece."""
    with Fleet(2) as stack:
        boss, number = stack.operator("boss"), stack.list_number()
        stack.write("crl.pem", "no list\n")
        stack.certificate(boss, "revoke", stack.devices["dev-000"]["certificateId"])
        t.check(stack.wait_list(stack.devices["dev-000"]["certificateId"]), "a revocation makes a good one")
        t.check(stack.list_number() > number and not stack.torn(), "with a number above that of the one before", stack.list_number())
        in_force = wait_for(lambda: "revoked" in stack.knock("dev-000", "dev-000")[1].why.lower(), 3 * SLOW)
        t.check(in_force, "which the broker reads", stack.knock("dev-000", "dev-000")[1].why)


t.run(storms, rubbish, mended_by_the_next_list)
