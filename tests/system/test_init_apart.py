#!/usr/bin/python3
"""Broker and service apart: without root a group opens the folder to the broker, and from another host TLS is the way."""
import grp
import json
import os
import shutil
import stat

from muster import Checks, end, folder, free_ports, program, read, run, sanitizer, start, wait_for

t = Checks()
SERVICE, BROKER = 64801, 64802  # nobody's, for a test
READABLE = ["ca.pem", "mosquitto.conf", "muster.db", "muster.db-shm", "muster.db-wal", "server.key", "server.pem"]
PUBLIC = ["crl.pem", "root.pem"]
try:
    GROUP = grp.getgrnam("mosquitto").gr_gid if os.geteuid() == 0 else None
except KeyError:
    GROUP = None


class Place:
    """Programs where every user can start them, and a folder that the service's user may make."""

    def __init__(self):
        self.base = folder()
        os.chmod(self.base, 0o755)
        for name in ("musterctl", "musterd", "muster_gate.so"):
            shutil.copy(program(name), self.base)
        os.mkdir(self.base + "/home", 0o755)
        os.chown(self.base + "/home", SERVICE, SERVICE)
        self.where = self.base + "/home/muster"
        self.plain, self.mtls, self.tls = free_ports(3)

    def as_user(self, user, group, groups=()):
        # Within a user's own rights alone: sanitizers must not look for leaks through ptrace then.
        more = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
        return ["setpriv", "--reuid", str(user), "--regid", str(group), *more]

    def service(self, *command):
        return self.as_user(SERVICE, SERVICE, [GROUP]) + [self.base + "/" + command[0], *command[1:]]

    def init(self, *more, user=None):
        ports = ["--plain-port", str(self.plain), "--mtls-port", str(self.mtls), "--tls-port", str(self.tls)]
        return run((user or self.service("musterctl")) + ["init", "--dir", self.where, *ports, *more])


def modes(where):
    out = {}
    for name in os.listdir(where):
        st = os.stat(os.path.join(where, name))
        out[name] = (stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid)
    return out


def by_group():
    place = Place()
    done = place.init("--broker-group", "mosquitto")
    t.check(done.returncode == 0, "init", done)
    t.check("a user of the group mosquitto" in done.stdout, "says who the broker is", done.stdout)
    for name, mode in modes(place.where).items():
        if name in READABLE:
            t.equal(mode, (0o640, SERVICE, GROUP), name)
        elif name in PUBLIC:
            t.equal(mode[:2], (0o644, SERVICE), name)
        else:
            t.equal(mode[:2], (0o600, SERVICE), name)
    st = os.stat(place.where)
    t.equal((stat.S_IMODE(st.st_mode), st.st_gid), (0o2750, GROUP), "the folder")
    for name in ("-wal", "-shm"):
        os.unlink(place.where + "/muster.db" + name)
    service = start(place.service("musterd", "--config", place.where + "/muster.conf"), place.base + "/service.log")
    t.check(wait_for(lambda: os.path.exists(place.where + "/muster.db-shm"), 10), "the service makes them again")
    end(service)
    for name in ("muster.db-shm", "muster.db-wal"):
        t.equal(modes(place.where)[name], (0o640, SERVICE, GROUP), name + ", made by the service")
    text = read(place.where + "/mosquitto.conf")
    t.check("\nuser " not in text and "in the group mosquitto" in text, "the broker's configuration names no user", text[:400])
    again = place.init("--broker-group", "mosquitto")
    t.check("nothing was changed" in again.stdout, "again", again)
    os.chmod(place.where + "/muster.db-shm", 0o600)
    again = json.loads(place.init("--broker-group", "mosquitto", "--json").stdout)
    t.equal(again["brokerGroup"], "mosquitto", "JSON names the group")
    t.equal([step["what"] for step in again["steps"] if step["made"]], ["broker's rights"], "what was closed is opened again")


def who_may_not():
    place = Place()
    for what, code, user, options in (
            ("no such group", 2, None, ["--broker-group", "no-such-group"]),
            ("not in the group", 5, place.as_user(SERVICE, SERVICE) + [place.base + "/musterctl"], ["--broker-group", "mosquitto"]),
            ("a group in open mode", 2, None, ["--open", "--broker-group", "mosquitto"]),
            ("a host in open mode", 2, None, ["--open", "--broker-host", "broker"]),
            ("no host", 2, None, ["--broker-host", "a b"]),
            ("any host", 2, None, ["--broker-host", "*"]),
            ("root", 2, [program("musterctl")], ["--broker-group", "mosquitto"])):
        done = place.init(*options, user=user)
        t.check(done.returncode == code and "mend: " in done.stderr, what, done)
        t.check(not os.path.exists(place.where + "/muster.conf"), what + ": nothing usable is made")


def another_host():
    """localhost stands for it: what counts is that the way there is TLS."""
    place = Place()
    done = place.init("--broker-group", "mosquitto", "--broker-host", "localhost", "--server-name", "broker")
    t.check(done.returncode == 0, "init", done)
    names = run(["openssl", "x509", "-in", place.where + "/server.pem", "-noout", "-ext", "subjectAltName"]).stdout
    t.check("DNS:localhost" in names and "DNS:broker" in names, "the broker's certificate has its names", names)
    t.check("broker_port %d\n" % place.mtls in read(place.where + "/muster.conf"), "the service takes mutual TLS")
    t.check("operator_port %d\n" % place.tls in read(place.where + "/muster.conf"), "operators take TLS with a password")
    broker = start(place.as_user(BROKER, GROUP) + ["mosquitto", "-c", place.where + "/mosquitto.conf"],
                   place.base + "/broker.log", env={**os.environ, **sanitizer()})
    service = start(place.service("musterd", "--config", place.where + "/muster.conf"), place.base + "/service.log")
    status = lambda: run(place.service("musterctl", "--dir", place.where, "status")).returncode == 0  # noqa: E731
    t.check(wait_for(status, 20), "musterctl reaches it", read(place.base + "/service.log"), read(place.base + "/broker.log"))
    log = read(place.base + "/broker.log")
    t.check("on port %d" % place.mtls in log and "on port %d" % place.tls in log, "both ways were taken", log)
    t.check("on port %d." % place.plain not in log, "and the port without TLS was not", log)
    end(service)
    end(broker)
    again = place.init("--broker-group", "mosquitto", "--broker-host", "localhost")
    t.check("nothing was changed" in again.stdout, "again", again)
    os.unlink(place.where + "/server.pem")
    again = place.init("--broker-group", "mosquitto", "--broker-host", "elsewhere")
    t.check("broker_host localhost\n" in read(place.where + "/muster.conf"), "the host of a folder that is there stays", again)


if GROUP is None:
    print("not root, or no group mosquitto: only root can be several users")
    print("1 passed, 0 failed")
else:
    t.run(by_group, who_may_not, another_host)
