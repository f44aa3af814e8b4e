"""What the benches share: a broker with the gate and one without, the tools in C, figures.

A figure is a row: what it is, ours, the null's, the ratio or value that counts, and the bar it has to hold.
"""
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "system"))
import muster  # pylint: disable=wrong-import-position
from muster import end, free_ports, program, read, run, start, wait_for  # pylint: disable=unused-import,wrong-import-position

DEVICE_HEARTBEATS = "muster/v1/device/+/heartbeat"
median = statistics.median


def tool(name):
    return os.path.join(muster.PROGRAMS, "tests", "bench", name)


def digest(paths):
    """Of the contents of files."""
    made = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            made.update(hashlib.sha256(file.read()).digest())
    return made.hexdigest()[:16]


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


def swarm(*words, seconds=560):
    done = run([tool("swarm")] + [str(word) for word in words], seconds)
    if done.returncode != 0:
        raise RuntimeError("swarm %s: %s%s" % (words[0], done.stdout, done.stderr))
    return last_json(done.stdout)


def make_key(stand, uses):
    """The path of a file with a new provisioning key; the service must answer."""
    made = stand.ctl("key", "create", "--uses", str(uses), "--expires", "1d", "--json")
    if made.returncode != 0:
        raise RuntimeError("musterctl key create: " + made.stderr)
    path = stand.path("bench.key")
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.loads(made.stdout)["key"] + "\n")
    return path


class Figures:
    """The rows of one step."""

    def __init__(self):
        self.rows = []

    def add(self, figure, ours, null="", ratio=None, most=None, least=None, unit="", bar="", holds=True):
        """A row; with `most` or `least` it has a bar for its ratio, or for `ours` where there is no ratio. A bar of
        another kind comes in words, with whether it holds."""
        value = ours if ratio is None else ratio
        holds = holds and (most is None or value <= most) and (least is None or value >= least)
        bar = bar or ("<= %g" % most if most is not None else ">= %g" % least if least is not None else "")
        self.rows.append({"figure": figure, "ours": ours, "null": null, "ratio": ratio, "bar": bar, "unit": unit,
                          "holds": holds if bar else None})
        show(self.rows[-1])


def show(row):
    verdict = {None: "", True: "holds", False: "falls short"}[row["holds"]]
    print(" | ".join([row["figure"], number(row["ours"], row["unit"]), number(row["null"], row["unit"]), number(row["ratio"]),
                      row["bar"], verdict]), flush=True)


def number(value, unit=""):
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    text = "%.0f" % value if abs(value) >= 1000 else "%.4g" % value
    return (text + " " + unit).strip()


class Stand:
    """A folder of musterctl init, and brokers on it: one with the gate, one without that lets everyone in."""

    def __init__(self):
        self.directory = muster.folder()
        self.plain, self.mtls, self.tls, self.null_port = free_ports(4)
        made = run([program("musterctl"), "init", "--dir", self.directory, "--plain-port", str(self.plain), "--mtls-port",
                    str(self.mtls), "--tls-port", str(self.tls), "--bind", "127.0.0.1"])
        if made.returncode != 0:
            raise RuntimeError("musterctl init: " + made.stderr)
        self.children = []
        self._write_null()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            end(child)
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def secret(self, name):
        return read(self.path(name)).strip()

    def _write_null(self):
        """The same broker without the gate: one plain listener, everyone may everything."""
        text = read(self.path("mosquitto.conf"))
        text = re.sub(r"(?m)^plugin.*\n", "", text).replace("allow_anonymous false", "allow_anonymous true")
        text = text[:text.index("# TLS with a password")].replace("listener %d" % self.plain,
                                                                  "listener %d" % self.null_port)
        with open(self.path("null.conf"), "w", encoding="utf-8") as file:
            file.write(text)

    def port(self, gate):
        return self.plain if gate else self.null_port

    def start_broker(self, gate, prefix=(), log=None):
        """`prefix` stands before the broker's command."""
        conf = self.path("mosquitto.conf" if gate else "null.conf")
        child = start(list(prefix) + ["/usr/sbin/mosquitto", "-c", conf], log or self.path("broker.log"))
        self.children.append(child)
        if not wait_for(lambda: self.listens(self.port(gate)), 30):
            raise RuntimeError("the broker does not listen: " + read(self.path("broker.log"))[-1000:])
        return child

    def start_service(self):
        child = start([program("musterd"), "--config", self.path("muster.conf")], self.path("musterd.log"))
        self.children.append(child)
        if not wait_for(lambda: self.ctl("status").returncode == 0, 20):
            raise RuntimeError("the service does not answer: " + read(self.path("musterd.log"))[-1000:])
        return child

    def ctl(self, *words, seconds=30):
        return run([program("musterctl"), "--dir", self.directory] + list(words), seconds)

    def stop(self, child):
        self.children.remove(child)
        return end(child)

    @staticmethod
    def listens(port):
        with muster.socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def fill(self, count, prefix="bench"):
        """Devices in the database; only while the service is down. The path of their logins."""
        logins = self.path(prefix + ".logins")
        with open(logins, "w", encoding="utf-8") as file:
            subprocess.run([tool("fill"), self.path("muster.db"), str(count), prefix], stdout=file, check=True)
        return logins

    def sink(self, gate, filter_name=DEVICE_HEARTBEATS, expected=0, quiet_ms=2000, port=None, prefix=()):
        """The null service, subscribed (to filters with commas between them); result() waits for its end."""
        user, password = ("_muster", self.secret("service.key")) if gate else ("-", "-")
        child = subprocess.Popen([*prefix, tool("sink"), str(port or self.port(gate)), "_sink", user, password, filter_name, str(expected),
                                  str(quiet_ms)], stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        if child.stdout.readline().strip() != "ready":
            raise RuntimeError("the subscriber could not subscribe")
        return child

    def result(self, sink, seconds=300):
        out, _ = sink.communicate(timeout=seconds)
        self.children.remove(sink)
        return last_json(out)


def cpu_us(child):
    """Microseconds of CPU that a process (of one thread) has had, user and kernel."""
    return int(read("/proc/%d/schedstat" % child.pid).split()[0]) / 1000


def rss_kib(child):
    return int(re.search(r"VmRSS:\s+(\d+)", read("/proc/%d/status" % child.pid)).group(1))


def settle(seconds=0.5):
    time.sleep(seconds)
