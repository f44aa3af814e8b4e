"""What the system tests share: a broker and a service of their own, clients, a recorder of events, checks.

Everything listens on loopback and lives in a folder of its own under /tmp. Each program is started as a direct child
that the kernel ends with this process, and is ended by its pid.
"""
import atexit
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "tools"))
import verify_certificates  # pylint: disable=wrong-import-position

BUILD = os.environ.get("BUILD", "build")
PROGRAMS = os.path.join(ROOT, BUILD)  # an absolute BUILD stays as it is
SLOW = 3 if "asan" in BUILD else 1    # how much longer things may take


def program(name):
    return os.path.join(PROGRAMS, name)


# --- checks -----------------------------------------------------------------------------------------------------------

class Checks:
    """Counts; a failed check prints why, and the test goes on."""

    def __init__(self):
        self.passed = self.failed = 0
        self.what = ""

    def check(self, good, what, *detail):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED %s: %s%s" % (self.what, what, "".join("\n  got %.600s" % (d,) for d in detail)), flush=True)
        return bool(good)

    def equal(self, got, expected, what):
        return self.check(got == expected, what, "%r, expected %r" % (got, expected))

    def run(self, *tests):
        """Runs each test function; an exception is one failed check. Words on the command line choose tests."""
        chosen = [test for test in tests if len(sys.argv) < 2 or test.__name__ in sys.argv[1:]]
        for test in chosen:
            self.what, begun = test.__name__, time.monotonic()
            try:
                test()
            except Exception as error:  # pylint: disable=broad-except
                traceback.print_exc(file=sys.stdout)
                self.check(False, "%s: %s" % (type(error).__name__, error))
            print("# %-44s %5.1f s" % (test.__name__, time.monotonic() - begun), flush=True)
        self.what = "at the end"
        self.equal(verify_what_is_left(), [], "openssl verifies the certificates of every folder")
        print("# %d certificates verified" % sum(_verified.values()), flush=True)
        print("%d passed, %d failed" % (self.passed, self.failed), flush=True)
        sys.exit(0 if self.failed == 0 and self.passed > 0 else 1)


def wait_for(condition, seconds=10, every=0.05):
    """The first true value of condition(), or the last false one when the time is over."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


# --- processes --------------------------------------------------------------------------------------------------------

_children = []
_folders = []


def start(command, log=None, **options):
    """Starts a program that ends with us. Only from the main thread: the kernel looks at the thread that started it."""
    out = open(log, "ab") if log else subprocess.DEVNULL
    child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL"] + command, stdin=subprocess.DEVNULL,
                             **{"stdout": out, "stderr": out, **options})
    if log:
        out.close()
    _children.append(child)
    return child


def end(child, number=signal.SIGTERM, seconds=10):
    """Ends one child and waits for it; its exit code."""
    if child is None:
        return None
    if child.poll() is None:
        child.send_signal(number)
    try:
        return child.wait(seconds * SLOW)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        return None


def run(command, seconds=30, **options):
    """Runs a program to its end: code, stdout and stderr as text."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=seconds * SLOW, check=False, **{"text": True, **options})


def folder():
    path = tempfile.mkdtemp(prefix="muster-test-")
    _folders.append(path)
    return path


_verified = {}  # databases whose world has ended: how many certificates each held


def verify_world(database, authority):
    """What openssl has against the certificates of a world; a database that is not there has none."""
    if not os.path.exists(database):
        return []
    _verified[database], wrong = verify_certificates.verify(database, authority)
    return wrong


def verify_what_is_left():
    """The same for each folder of ours whose world did not end by itself. A database that is broken stays so."""
    wrong = []
    for where, _, names in (each for path in _folders for each in os.walk(path)):
        database, authority = os.path.join(where, "muster.db"), os.path.join(where, "ca.pem")
        if {"muster.db", "ca.pem"} <= set(names) and database not in _verified:
            try:
                wrong += verify_world(database, authority)
            except sqlite3.DatabaseError:
                pass
    return wrong


@atexit.register
def _clean():
    for child in _children:
        if child.poll() is None:
            child.kill()
            child.wait()
    for path in _folders:
        shutil.rmtree(path, ignore_errors=True)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def free_ports(count):
    """Ports below the range that the kernel gives to outgoing connections, so that nobody takes them meanwhile."""
    found = []
    for _ in range(1000):
        port = random.randrange(10000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


# --- clients ----------------------------------------------------------------------------------------------------------

def text_of(payload):
    return payload if isinstance(payload, (bytes, str)) else json.dumps(payload)


class Client:
    """An MQTT 5 client that connects again by itself."""

    def __init__(self, port, client_id=None, filters=(), will=None, on_message=None, login=None):
        self.filters, self.handler = list(filters), on_message
        self.ready = threading.Event()
        self.mqtt = paho.Client(client_id or "test-%016x" % random.getrandbits(64), protocol=paho.MQTTv5)
        self.mqtt.on_connect, self.mqtt.on_subscribe = self._connected, self._subscribed
        self.mqtt.on_disconnect = lambda *_: self.ready.clear()
        self.mqtt.on_message = self._message
        self.mqtt.on_socket_open = lambda _client, _data, sock: sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.mqtt.max_inflight_messages_set(1000)
        self.mqtt.reconnect_delay_set(0.1, 1)
        if login:
            self.mqtt.username_pw_set(*login)
        if will:
            self.mqtt.will_set(will[0], text_of(will[1]), qos=1)
        self.mqtt.connect_async("127.0.0.1", port, keepalive=30)
        self.mqtt.loop_start()

    def up(self, seconds=10):
        if not self.ready.wait(seconds * SLOW):
            raise RuntimeError("the broker does not answer")
        return self

    def _connected(self, _client, _data, _flags, reason, _properties=None):
        if reason == 0 and self.filters:
            self.mqtt.subscribe([(name, 1) for name in self.filters])
        elif reason == 0:
            self.ready.set()

    def _subscribed(self, *_):
        self.ready.set()

    def _message(self, _client, _data, message):
        if self.handler:
            self.handler(message)

    def publish(self, topic, payload=b"", qos=1, retain=False, correlation=None, response=None):
        properties = Properties(PacketTypes.PUBLISH)
        if correlation is not None:
            properties.CorrelationData = correlation
        if response is not None:
            properties.ResponseTopic = response
        return self.mqtt.publish(topic, text_of(payload), qos=qos, retain=retain, properties=properties)

    def drop(self):
        """Closes the socket without a word, as a crash does: the broker publishes the will."""
        self.mqtt.loop_stop(force=True)
        sock = self.mqtt.socket()
        if sock:
            sock.close()

    def close(self):
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


class Answer(dict):
    """An answer as JSON, with the topic it came on."""
    topic = ""
    raw = b""

    @property
    def code(self):
        return self.get("error", {}).get("code", "")

    @property
    def pointer(self):
        return self.get("error", {}).get("field", "")


class Asker(Client):
    """Asks and waits for the answers, told apart by their correlation data."""
    FILTERS = ["muster/v1/device/+/reply/#", "muster/v1/device/+/+/accepted", "muster/v1/device/+/+/rejected",
               "muster/v1/admin/+/reply/#", "muster/v1/admin/+/+/+/accepted", "muster/v1/admin/+/+/+/rejected"]

    def __init__(self, port, client_id=None):
        self.answers, self.sent, self.news, self.count = {}, set(), threading.Condition(), 0
        super().__init__(port, client_id, self.FILTERS, on_message=self._answer)

    def _answer(self, message):
        correlation = getattr(message.properties, "CorrelationData", None)
        if message.topic in self.sent:  # our own word, on a topic of answers
            return
        answer = Answer(json.loads(message.payload))
        answer.topic, answer.raw = message.topic, message.payload
        with self.news:
            self.answers.setdefault(correlation, []).append(answer)
            self.news.notify_all()

    def send(self, topic, payload=b"", response=None):
        """Sends one request; its correlation data."""
        self.count += 1
        correlation = b"%d-%d" % (id(self), self.count)
        self.sent.add(topic)
        self.publish(topic, payload, correlation=correlation, response=response)
        return correlation

    def wait(self, correlation, seconds=10):
        with self.news:
            self.news.wait_for(lambda: correlation in self.answers, seconds * SLOW)
            found = self.answers.pop(correlation, None)
        return found[0] if found else None

    def ask(self, topic, payload=b"", seconds=10, response=None):
        return self.wait(self.send(topic, payload, response), seconds)

    def insist(self, topic, payload, seconds=30, every=1.5):
        """Repeats the same request until there is an answer that is no passing trouble, as devices do."""
        deadline = time.monotonic() + seconds * SLOW
        answer = None
        while time.monotonic() < deadline:
            answer = self.ask(topic, payload, every)
            if answer is not None and answer.code not in ("rate_limited", "storage_unavailable"):
                return answer
            if answer is not None:
                time.sleep(0.1)
        return answer

    def device(self, uuid, operation, payload=b"", **more):
        return self.ask("muster/v1/device/%s/%s" % (uuid, operation), payload, **more)


class Recorder(Client):
    """Keeps every event, retained status and state of the service as (topic, JSON), in order."""

    def __init__(self, port, login=None):
        self.seen, self.lock = [], threading.Lock()
        super().__init__(port, None, ["muster/v1/event/#", "muster/v1/status/#", "muster/v1/service/state"],
                         on_message=self._keep, login=login)

    def _keep(self, message):
        with self.lock:
            self.seen.append((message.topic, json.loads(message.payload or b"{}")))

    def events(self, uuid=None, kind=None):
        with self.lock:
            found = [body for topic, body in self.seen if topic.startswith("muster/v1/event/") and "event" in body]
        return [e for e in found if uuid in (None, e["uuid"]) and kind in (None, e["event"])]

    def changes(self, uuid=None):
        """(from, to, reason) of each status_changed, a redelivery once."""
        seen, out = set(), []
        for event in self.events(uuid, "status_changed"):
            if event["id"] not in seen:
                seen.add(event["id"])
                out.append((event["from"], event["to"], event["reason"]))
        return out

    def status(self, uuid):
        """The last word on muster/v1/status."""
        with self.lock:
            found = [body for topic, body in self.seen if topic == "muster/v1/status/default/" + uuid]
        return found[-1]["status"] if found else None

    def gaps(self):
        """Sequences that are missing between 1 and the highest one seen, by uuid; and events out of order."""
        sequences, problems = {}, []
        for event in self.events():
            seen = sequences.setdefault(event["uuid"], [])
            if event["sequence"] not in seen and event["sequence"] != len(seen) + 1:
                problems.append((event["uuid"], event["sequence"], "after", len(seen)))
            if event["sequence"] not in seen:
                seen.append(event["sequence"])
        return problems


# --- broker and service -----------------------------------------------------------------------------------------------

def sanitizer():
    """What a broker needs in its environment whose gate was built with a sanitizer: its library before all others."""
    if "asan" not in BUILD:
        return {}
    library = run(["gcc", "-print-file-name=libasan.so"]).stdout.strip()
    return {"LD_PRELOAD": os.path.realpath(library), "ASAN_OPTIONS": "detect_leaks=0"}


def clock(path):
    """What a program needs in its environment whose clock is ahead by the seconds that `path` holds."""
    shim, first = os.path.join(PROGRAMS, "tests/system/clock.so"), sanitizer()
    return {**first, "LD_PRELOAD": " ".join(filter(None, (first.get("LD_PRELOAD"), shim))), "CLOCK_AHEAD": path}


class Stack:
    """A broker and a service with a folder of their own. `settings` are lines of muster.conf."""
    INIT = ["--open"]  # how the folder is made
    VERIFIES = True    # every certificate that is in the database at the end

    def __init__(self, *settings, directory=None, go=True):
        self.directory = directory or folder()
        self.database = self.path("muster.db")
        self.plain, self.mtls, self.tls = free_ports(3)
        self.broker = self.service = None
        self.clients = []
        made = run([program("musterctl"), "init", *self.INIT, "--dir", self.directory, "--plain-port", str(self.plain),
                    "--mtls-port", str(self.mtls), "--tls-port", str(self.tls)])
        if made.returncode != 0:
            raise RuntimeError("musterctl init: " + made.stderr)
        self.set(*settings)
        self.key, self.admin, self.viewer = (self.file_line(name) for name in
                                             ("provisioning.key", "admin.key", "viewer.key"))
        if go:
            self.start_broker()
            self.start_service()
            self.wait_ready()

    def __enter__(self):
        return self

    def __exit__(self, trouble, *_):
        for client in self.clients:
            client.close()
        end(self.service)
        end(self.broker)
        if self.VERIFIES and trouble is None:
            self.verify()

    def verify(self):
        wrong = verify_world(self.database, self.path("ca.pem"))
        if wrong:
            raise RuntimeError("openssl does not verify %d certificates: %s" % (len(wrong), "; ".join(wrong[:3])))

    def path(self, name):
        return os.path.join(self.directory, name)

    def file_line(self, name):
        return read(self.path(name)).strip()

    def set(self, *settings):
        with open(self.path("muster.conf"), "a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in settings))

    def start_broker(self):
        self.broker = start(["mosquitto", "-c", self.path("mosquitto.conf")], self.path("broker.log"),
                            env={**os.environ, **sanitizer()})
        wait_for(self.broker_listens, 5)

    def broker_listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.plain)) == 0

    def start_service(self, prefix=()):
        self.service = start(list(prefix) + [program("musterd"), "--config", self.path("muster.conf")],
                             self.path("musterd.log"))

    def kill_service(self):
        end(self.service, signal.SIGKILL)

    def restart_service(self):
        self.kill_service()
        self.start_service()

    def log(self):
        return read(self.path("musterd.log"))

    def client(self, kind=Client, *arguments, **more):
        made = kind(self.plain, *arguments, **more)
        self.clients.append(made)
        return made.up()

    def asker(self):
        return self.client(Asker)

    def recorder(self):
        return self.client(Recorder)

    def answers(self, seconds=0.5):
        """Whether the service answers a question now."""
        if not hasattr(self, "_probe"):
            self._probe = self.client(Asker)
        answer = self._probe.ask("muster/v1/admin/probe/stats/overview", {"operatorKey": self.admin}, seconds)
        return answer is not None and "total" in answer

    def wait_ready(self, seconds=15):
        if not wait_for(self.answers, seconds, 0):
            raise RuntimeError("the service does not answer; its log:\n" + self.log()[-2000:])
        return self

    def ctl(self, *arguments, seconds=30):
        return run([program("musterctl"), "--dir", self.directory] + list(arguments), seconds)

    def admin_ask(self, asker, noun, verb, body=None, key=None, **more):
        return asker.ask("muster/v1/admin/tester/%s/%s" % (noun, verb),
                         {"operatorKey": key or self.admin, **(body or {})}, **more)

    def register(self, asker, uuid, **members):
        answer = asker.insist("muster/v1/device/%s/register" % uuid,
                              {"provisioningKey": self.key, "requestId": "register-" + uuid, **members})
        if answer is None or answer.code:
            raise RuntimeError("register %s: %s" % (uuid, answer))
        return answer

    def new_key(self, asker, **members):
        answer = self.admin_ask(asker, "key", "create", members)
        return answer["key"], answer["keyId"]

    # the database, read-only and beside the service

    def rows(self, sql, *values):
        base = sqlite3.connect("file:%s?mode=ro" % self.database, uri=True, timeout=5)
        try:
            return base.execute(sql, values).fetchall()
        finally:
            base.close()

    def one(self, sql, *values):
        return self.rows(sql, *values)[0][0]

    def fingerprint(self, without=("audit", "request", "meta")):
        """A hash over every row of every table but some."""
        base = sqlite3.connect("file:%s?mode=ro" % self.database, uri=True, timeout=5)
        digest = hashlib.sha256()
        try:
            base.execute("BEGIN")
            names = [row[0] for row in base.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
            for name in names:
                if name not in without and not name.startswith("sqlite_"):
                    for row in base.execute("SELECT * FROM %s ORDER BY 1, 2" % name):
                        digest.update(repr((name, row)).encode())
        finally:
            base.close()
        return digest.hexdigest()

    def edit(self, sql, *values):
        """Changes the database; only while the service is down."""
        base = sqlite3.connect(self.database)
        with base:
            base.execute(sql, values)
        base.close()


def make_csr(directory, name="device", algorithm=("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"), *more):
    """A certificate signing request from openssl; its key is NAME.key in the directory."""
    made = run(["openssl", "req", "-new", *algorithm, "-nodes", "-keyout", os.path.join(directory, name + ".key"),
                "-subj", "/CN=" + name, *more])
    if made.returncode != 0:
        raise RuntimeError("openssl req: " + made.stderr)
    return made.stdout
