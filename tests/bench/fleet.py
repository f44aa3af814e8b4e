"""A million devices for the steps that need them: the database, made once and kept, a stand on a copy of it, and the
tool that plays them (fleet.c). Its ids are those of fleet_id.h: device N of the tool has the row N + 1.
"""
import json
import os
import re
import sqlite3
import subprocess
import time

from stand import Stand, digest, last_json, muster, program, read, run, start, tool, wait_for

DEVICES = int(os.environ.get("FLEET", "1000000"))  # registered and online
SPARES = 1000                                      # and so many that are offline: a heartbeat of theirs makes an event
START_S = 120
# What the service subscribes.
FILTERS = ("muster/v1/device/+/+,muster/v1/admin/+/+/+,muster/v1/service/probe,muster/v1/gate/connected,"
           "muster/v1/gate/disconnected,muster/v1/gate/refused")


def database(online=DEVICES, spares=SPARES):
    """The path of a database with the fleet; made when it is not there, or when the tool or the schema are others."""
    folder = os.path.join(muster.PROGRAMS, "bench")
    stem = "fleet-%d-%d-" % (online, spares)
    name = stem + digest([tool("fill")]) + ".db"
    path, begun = os.path.join(folder, name), time.monotonic()
    if os.path.exists(path):
        return path
    os.makedirs(folder, exist_ok=True)
    for old in os.listdir(folder):
        if old.startswith(stem):
            os.remove(os.path.join(folder, old))
    subprocess.run([tool("fill"), "--fleet", str(online), path + ".part", str(online + spares)], check=True)
    for rest in ("-wal", "-shm", ".lock"):
        if os.path.exists(path + ".part" + rest):
            os.remove(path + ".part" + rest)
    os.rename(path + ".part", path)
    print("# %d devices were made in %.0f s" % (online + spares, time.monotonic() - begun), flush=True)
    return path


def words(named):
    return ["%s=%s" % pair for pair in named.items()]


def cpu_us(pid):
    """Microseconds of CPU that all threads of a process have had; those that have ended do not count."""
    tasks = "/proc/%d/task" % pid
    return sum(int(read("%s/%s/schedstat" % (tasks, task)).split()[0]) for task in os.listdir(tasks)) / 1000


def memory_mb(pid, name="VmRSS", file="status"):
    """Megabytes of 10^6 octets."""
    return int(re.search(name + r":\s+(\d+)", read("/proc/%d/%s" % (pid, file))).group(1)) * 1024 / 1e6


class FleetStand(Stand):
    """A stand whose database is a copy of the fleet's. `settings` are further lines of muster.conf."""

    def __init__(self, *settings, online=DEVICES):
        super().__init__()
        self.service = None
        self.take_database(database(online))
        self.set("device_limit %d" % (DEVICES + SPARES), "offline_after_seconds 604800", "retained_status false", *settings)

    def set(self, *settings):
        """Lines of muster.conf, in the place of those with the same keys."""
        keys = [line.split()[0] for line in settings]
        kept = [line for line in read(self.path("muster.conf")).splitlines() if line.split()[:1] and line.split()[0] not in keys]
        with open(self.path("muster.conf"), "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in [*kept, *settings]))

    def take_database(self, path):
        """A copy, in the file that musterctl init made: its owner and its mode stay. So do the operators."""
        operators = self.sql("SELECT * FROM operator")
        subprocess.run(["cp", "--reflink=auto", path, self.path("muster.db")], check=True)
        for row in operators:
            self.sql("INSERT INTO operator VALUES (%s)" % ", ".join("?" * len(row)), *row)

    def sql(self, text, *values):
        """One statement; one that changes something only while the service is down."""
        base = sqlite3.connect(self.path("muster.db"))
        try:
            with base:
                return base.execute(text, values).fetchall()
        finally:
            base.close()

    def reader(self):
        """A connection that only reads, beside the service."""
        return sqlite3.connect("file:%s?mode=ro" % self.path("muster.db"), uri=True, timeout=5)

    def start_twin(self):
        """A second broker like the first, for what must not be heard by the service: its port."""
        ports = muster.free_ports(3)
        text = read(self.path("mosquitto.conf"))
        for port, twin in zip((self.plain, self.mtls, self.tls), ports):
            text = text.replace("listener %d " % port, "listener %d " % twin)
        with open(self.path("twin.conf"), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path("twin.conf"), 0o644)
        self.children.append(start(["/usr/sbin/mosquitto", "-c", self.path("twin.conf")], self.path("twin.log")))
        if not wait_for(lambda: self.listens(ports[0]), 30):
            raise RuntimeError("the second broker does not listen: " + read(self.path("twin.log"))[-1000:])
        return ports[0]

    def start_service(self, prefix=()):
        """The service, once it hears its devices; self.start_seconds is how long that took."""
        log = self.path("musterd.log")
        open(log, "w", encoding="utf-8").close()
        begun = time.monotonic()
        child = start([*prefix, program("musterd"), "--config", self.path("muster.conf")], log)
        self.children.append(child)
        if not wait_for(lambda: child.poll() is not None or " ready " in read(log), START_S, 0.002) or child.poll() is not None:
            raise RuntimeError("the service is not ready: " + read(log)[-1000:])
        self.start_seconds = time.monotonic() - begun
        self.service = child
        return child

    def overview(self):
        got = self.ctl("status", "--json", seconds=60)
        if got.returncode != 0:
            raise RuntimeError("musterctl status: " + got.stderr)
        return json.loads(got.stdout)

    def dropped(self):
        """How many messages the service says that it dropped."""
        return sum(int(number) for number in re.findall(r"overloaded.*?dropped=(\d+)", read(self.path("musterd.log"))))

    def fleet_command(self, mode, port=None, **named):
        named = {"devices": DEVICES, **named}
        return [tool("fleet"), mode, *words({"port": port or self.plain, "key": self.path("service.key"), **named})]

    def fleet(self, mode, port=None, seconds_most=300, **named):
        """Runs the tool to its end."""
        done = run(self.fleet_command(mode, port, **named), seconds_most)
        if done.returncode != 0:
            raise RuntimeError("fleet %s: %s%s" % (mode, done.stdout, done.stderr))
        return last_json(done.stdout)

    def start_fleet(self, mode, port=None, **named):
        """Starts the tool; the line "ready" of a subscriber has been read. Stand.result() waits for its end."""
        child = subprocess.Popen(self.fleet_command(mode, port, **named), stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        if mode != "beat" and child.stdout.readline().strip() != "ready":
            raise RuntimeError("the subscriber could not subscribe")
        return child
