#!/usr/bin/python3
"""The reference client as a program: it enrols by itself, survives kills, and never becomes a second device."""
import os
import random
import re
import signal
import stat
import time

from device import Device, listed, online
from gated import GatedStack
from muster import Checks, Stack, clock, end, folder, program, read, run, wait_for

t = Checks()


def both_ways(test):
    """In open mode, and behind the gate."""
    def run_both():
        for world in (Stack, GatedStack):
            t.what = "%s, %s" % (test.__name__, world.__name__)
            with world(*settings()) as stack:
                test(stack)
    run_both.__name__ = test.__name__
    return run_both


def settings():
    return ["last_will_grace_seconds 2", "heartbeat_seconds 1"]


@both_ways
def enrols_from_nothing(stack):
    recorder = stack.recorder()
    device = Device(stack, "--name", "Pump 7", "--type", "pump")
    device.run()
    t.check(online(stack), "it is online with one command", device.log())
    row = listed(stack)[0]
    info = device.info()
    t.equal((row["uuid"], row["deviceId"]), (info["uuid"], info["deviceId"]), "service and device agree on who it is")
    t.equal((row["deviceName"], row["deviceType"], row["state"]), ("Pump 7", "pump", "provisioned"), "and on the rest")
    t.equal(info["certificateId"], row["certificate"]["certificateId"], "and on the certificate")
    broker = read(stack.path("broker.log"))
    for port, what in ((stack.tls, "TLS with the key"), (stack.mtls, "mutual TLS")):
        t.check("on port %d" % port in broker, "it came over " + what)
    t.equal([e["event"] for e in recorder.events(row["uuid"])],
            ["registered", "provisioned", "certificate_issued", "status_changed"], "the events of an enrolment")
    check_folder(device)
    killed_and_back(stack, device, recorder, row)
    stops_in_good_order(stack, device, recorder, row["uuid"])


def check_folder(device):
    t.check(not os.path.exists(device.dir + "/provisioning.key"), "the provisioning key is erased from its folder")
    t.check(wait_for(lambda: not os.path.exists(device.dir + "/request.pem"), 2), "and so is the request")
    texts = "".join(read(os.path.join(device.dir, name)) for name in os.listdir(device.dir))
    t.check("mpk_" not in texts, "no file of the folder holds it")
    modes = {name: stat.S_IMODE(os.stat(os.path.join(device.dir, name)).st_mode) for name in os.listdir(device.dir)}
    t.check(not [name for name, mode in modes.items() if mode & 0o077], "its files are for their owner only", modes)
    t.check("mdk_" not in device.log() and "mpk_" not in device.log(), "its log holds no secret")


def killed_and_back(stack, device, recorder, row):
    device.kill()
    begun = time.monotonic()
    t.check(wait_for(lambda: len(recorder.changes()) == 2, 8), "kill -9 is noticed", recorder.changes())
    t.check(1.5 <= time.monotonic() - begun <= 7, "after the grace", time.monotonic() - begun)
    t.equal(recorder.changes()[1:], [("online", "offline", "last_will")], "as last_will")
    device.run()
    t.check(online(stack), "started again it is online again", device.log()[-500:])
    again = listed(stack)
    t.equal([(d["uuid"], d["deviceId"], d["certificate"]["certificateId"]) for d in again],
            [(row["uuid"], row["deviceId"], row["certificate"]["certificateId"])], "the same device with the same certificate")
    time.sleep(2.5)
    t.equal(listed(stack)[0]["status"], "online", "its heartbeats keep it online")
    device.kill()
    device.run()  # back within the grace
    t.check(online(stack), "a quick restart", device.log()[-500:])
    time.sleep(3)
    t.equal(len(recorder.changes()), 3, "a kill and a start within the grace are no event")


def stops_in_good_order(stack, device, recorder, uuid):
    begun = time.monotonic()
    t.equal(device.kill(signal.SIGTERM), 0, "SIGTERM ends it with exit code 0")
    t.check(wait_for(lambda: recorder.changes(uuid)[-1] == ("online", "offline", "disconnect"), 3), "and says disconnect",
            recorder.changes(uuid))
    t.check(time.monotonic() - begun < 2.5, "at once", time.monotonic() - begun)


@both_ways
def broker_and_service_restart(stack):
    """Whatever is restarted, the device comes back by itself."""
    device = Device(stack)
    device.run()
    t.check(online(stack), "online", device.log())
    stack.restart_service()
    stack.wait_ready()
    end(stack.broker, signal.SIGKILL)
    stack.start_broker()
    stack.wait_ready(20)
    pid = device.child.pid
    recorder = stack.recorder()
    t.check(wait_for(lambda: read(stack.path("broker.log")).count("as %s " % device.info()["uuid"]) >= 3, 20),
            "it reconnects after the broker's restart", device.log()[-500:])
    time.sleep(3)
    t.equal(([d["status"] for d in listed(stack)], recorder.changes()), (["online"], []), "and was never offline")
    t.check(device.child.poll() is None and device.child.pid == pid, "the same process")


@both_ways
def killed_while_it_enrols(stack):
    devices = [Device(stack) for _ in range(4)]
    for turn in range(20):
        device = devices[turn % 4]
        device.run()
        time.sleep(random.uniform(0, random.choice((0.15, 0.4, 1.5))))
        device.kill()
        if turn % 6 == 5:
            stack.restart_service()
        rows = wait_for(lambda: listed(stack), 20) or []
        known = {read(d.dir + "/uuid").strip() for d in devices if os.path.exists(d.dir + "/uuid")}
        if not t.check(len(rows) == len({d["uuid"] for d in rows}) <= 4 and {d["uuid"] for d in rows} <= known,
                       "no second device after kill %d" % turn, rows, known):
            break
    for device in devices:
        device.run()
    t.check(online(stack, 4), "all end online", [d.log()[-300:] for d in devices])
    t.equal(len(listed(stack)), 4, "four devices")
    for device in devices:
        t.check(wait_for(lambda: not os.path.exists(device.dir + "/provisioning.key"), 5), "the key is erased")  # pylint: disable=cell-var-from-loop
    t.equal(stack.one("SELECT count(*) FROM intent"), 0, "no open intent")
    t.equal(stack.one("SELECT used FROM provisioning_key"), 4, "the key counts each once")
    ids = {d["uuid"]: d["certificate"]["certificateId"] for d in listed(stack)}
    t.equal({d.info()["uuid"]: d.info()["certificateId"] for d in devices}, ids, "each holds the certificate that counts")


def what_the_broker_sees():
    """Who it says it is, step by step, and what it asks for: what a gate would admit (docs/protocol.md, section 2)."""
    with Stack(*settings(), go=False) as stack:
        with open(stack.path("mosquitto.conf"), "a", encoding="utf-8") as file:
            file.write("log_type all\n")
        stack.start_broker()
        stack.start_service()
        stack.wait_ready()
        device = Device(stack)
        device.run()
        t.check(online(stack), "it is online", device.log())
        t.equal(device.do("update", "--name", "x").returncode, 0, "update beside it")
        uuid, log = device.info()["uuid"], read(stack.path("broker.log"))
        logins = re.findall(r"as (%s\S*) \(p(\d), c(\d), k(\d+)(?:, u'(.*?)')?\)" % uuid, log)
        t.equal([(name, user) for name, *_, user in logins[:3]], [(uuid, "provision"), (uuid, uuid), (uuid, "")],
                "provisioning key, API key, certificate, each under its uuid")
        t.check(len(logins) == 4 and re.fullmatch(uuid + r"~[!-~]{1,30}", logins[3][0]), "update has a suffix of its own", logins)
        t.equal({tuple(rest[:3]) for _, *rest in logins}, {("5", "1", "60")}, "MQTT 5, clean, a keepalive of 60 s")
        wills = re.findall(r"Will message specified \(\d+ bytes\) \(r(\d), q(\d)\)\.\n\S+ \t(\S+)", log)
        t.equal([will for will in wills if uuid in will[2]], [("0", "1", "muster/v1/device/%s/will" % uuid)],
                "one will, on its own topic, not retained")
        sent = re.findall(r"Received PUBLISH from %s\S* \(d\d, q\d, r(\d), m\d+, '(\S+)'" % uuid, log)
        t.equal({retained for retained, _ in sent}, {"0"}, "nothing is retained")
        t.check({topic.rsplit("/", 1)[1] for _, topic in sent} >= {"register", "provision", "connect", "update"} and
                all(topic.startswith("muster/v1/device/%s/" % uuid) for _, topic in sent), "and all is below its own prefix", sent)
        filters = re.findall(r"\t(\S+) \(QoS \d\)", log)
        mine = [name for name in filters if uuid in name]
        t.check(mine and all(name.startswith("muster/v1/device/%s/" % uuid) for name in mine), "so is what it subscribes", mine)


def commands():
    with Stack(*settings()) as stack:
        device = Device(stack)
        done = device.do("provisioned", network=False)
        t.equal((done.returncode, done.stdout), (1, "no\n"), "provisioned: no before anything")
        t.check(device.do("info", network=False).returncode == 6, "info: nothing kept is exit code 6")
        done = device.do("provision", "--name", "Lamp", "--type", "lamp", network=False)
        t.check(done.returncode == 0 and "name=Lamp type=lamp" in done.stdout, "provision is local", done)
        uuid = device.info()["uuid"]
        t.equal((device.info()["state"], listed(stack)), ("unregistered", []), "nobody was asked")
        t.equal(device.do("update", "--name", "x").returncode, 6, "update before register is exit code 6")
        done = device.do("register")
        t.check(done.returncode == 0 and "uuid=%s deviceId=" % uuid in done.stdout, "register", done)
        t.equal(device.do("register").returncode, 0, "register again is no error")
        t.equal([(d["uuid"], d["deviceName"], d["state"]) for d in listed(stack)], [(uuid, "Lamp", "registered")], "one device")
        old = device.info()["deviceId"]
        while_it_runs(stack, device)
        after_reset(stack, device, uuid, old)


def while_it_runs(stack, device):
    device.run()
    t.check(online(stack), "run goes on from there", device.log())
    t.equal(device.do("provisioned", network=False).stdout, "yes\n", "provisioned: yes, beside the running process")
    plain = device.do("info", network=False).stdout
    t.check("provisioned" in plain and "mdk_" not in plain and "PRIVATE" not in plain, "info tells no secret", plain)
    done = device.do("update", "--name", "Lamp 2", "--endpoint", "http://10.0.0.7/", "--tag", "site=hall-2", "--tag", "floor=3")
    t.check(done.returncode == 0, "update", done)
    row = listed(stack)[0]
    t.equal((row["deviceName"], row["apiEndpoint"], row["tags"]), ("Lamp 2", "http://10.0.0.7/", {"site": "hall-2", "floor": "3"}),
            "the service knows it")
    t.equal(device.do("update", "--tag", "floor=").returncode, 0, "a tag is deleted")
    t.equal((listed(stack)[0]["tags"], listed(stack)[0]["status"]), ({"site": "hall-2"}, "online"), "and only that one")
    t.equal(device.do("reset").returncode, 7, "reset beside the running process is a conflict")
    device.kill(signal.SIGTERM)


def after_reset(stack, device, uuid, old):
    done = device.do("reset")
    t.check(done.returncode == 0, "reset", done)
    t.equal((listed(stack)[0]["state"], device.info()["state"], device.info()["uuid"]), ("unregistered", "unregistered", uuid),
            "both sides have forgotten, the uuid stays")
    t.check(not [n for n in os.listdir(device.dir) if n in ("device.pem", "provisioning.key", "request.pem")],
            "no credential is left", os.listdir(device.dir))
    device.run()
    t.check(online(stack), "it enrols again", device.log()[-800:])
    rows = listed(stack)
    t.equal((len(rows), rows[0]["uuid"], rows[0]["deviceId"] != old), (1, uuid, True), "the same uuid with a new deviceId")


def what_goes_wrong():
    with Stack(*settings()) as stack:
        device = Device(stack)
        cases = [("no command", [], 2, "command"), ("a wrong command", ["fly"], 2, "fly"),
                 ("a wrong option", ["info", "--nothing"], 2, "--nothing"), ("a missing value", ["info", "--dir"], 2, "--dir"),
                 ("no number", ["run", "--port", "x"], 2, "--port"),
                 ("no key", ["register", "--dir", folder() + "/d", "--plain-port", str(stack.plain)], 3, "provisioning key"),
                 ("no broker", ["register", "--dir", folder() + "/d", "--plain-port", "1", "--timeout", "1", "--provisioning-key",
                                stack.key], (4, 8), ""),
                 ("a wrong key", ["register", "--dir", folder() + "/d", "--plain-port", str(stack.plain), "--open",
                                  "--provisioning-key", stack.key[:-2] + "aa"], 5, "key")]
        for what, words, code, part in cases:
            done = run([program("muster-device")] + words)
            t.check(done.returncode in (code if isinstance(code, tuple) else (code,)) and part in done.stderr and
                    "error:" in done.stderr, what + " has its exit code and its sentence", done)
        t.check(run([program("muster-device"), "--help"]).returncode == 0, "--help")
        wrong_ca(stack, device)
        wrong_folder(stack)
        no_ca(stack)


def wrong_folder(stack):
    """A mistyped folder is named, and not made."""
    for words in (["renew"], ["rotate"], ["reset"], ["update", "--name", "x"]):
        wrong = folder() + "/mistyped"
        done = run([program("muster-device"), *words, "--dir", wrong, "--plain-port", str(stack.plain)])
        t.check(done.returncode == 6 and "no device in %s" % wrong in done.stderr and "--dir" in done.stderr,
                words[0] + " in a mistyped folder names it", done)
        t.check(not os.path.exists(wrong), words[0] + " does not make it")
    wrong = folder() + "/empty"
    run([program("muster-device"), "provision", "--dir", wrong])
    done = run([program("muster-device"), "reset", "--dir", wrong, "--plain-port", str(stack.plain)])
    t.check(done.returncode == 6 and "in %s is not registered" % wrong in done.stderr and "--dir " + wrong in done.stderr,
            "so is that of a device that is not registered", done)


def no_ca(stack):
    """What is no CA is told before anything is sent."""
    whole, files = read(stack.path("ca.pem")), [read(stack.path(name)) for name in os.listdir(stack.directory)]
    key = next(text for text in files if text.startswith("-----BEGIN PRIVATE KEY-----"))
    for what, text in (("a key", key), ("garbage", "hello\n"), ("nothing", ""), ("a damaged one", whole.replace("MII", "M!I", 1))):
        path = folder() + "/ca.pem"
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        done = run([program("muster-device"), "register", "--dir", folder() + "/d", "--port", str(stack.tls), "--cafile", path,
                    "--provisioning-key-file", stack.path("provisioning.key")])
        t.check(done.returncode == 3 and "%s: it holds no certificate" % path in done.stderr and "--cafile" in done.stderr,
                what + " is no CA", done)


def wrong_ca(stack, device):
    """A broker that the given CA did not certify gets no key."""
    other = Stack(go=False)
    device.options[device.options.index(stack.path("ca.pem"))] = other.path("ca.pem")
    done = device.do("register", "--timeout", "3")
    t.check(done.returncode in (3, 4, 5, 8), "a broker of another CA is refused", done)
    t.equal(listed(stack), [], "and gets nothing")


def set_clock(path, ahead):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write("%d" % ahead)
    os.rename(path + ".new", path)


def clock_is_wrong():
    """A device that wakes up in 1970, or in a far year, says so, keeps what it has, and goes on once its clock is set."""
    with GatedStack(*settings()) as stack:
        device, ahead = Device(stack), folder() + "/ahead"
        set_clock(ahead, 12 - time.time())
        device.run(**clock(ahead))
        t.check(wait_for(lambda: re.search(r"mend: this device's clock says 1970-01-01T00:00:\d\dZ: set it", device.log()), 8),
                "1970 is named as what is wrong", device.log())
        t.equal(listed(stack), [], "and the broker is not trusted meanwhile")
        set_clock(ahead, 0)
        t.check(online(stack), "the clock is set: it connects by itself", device.log()[-800:])
        said = len(device.log())
        t.check("serverTime" in read(device.dir + "/state.json"), "it keeps the service's time")
        uuid, certificate = device.info()["uuid"], device.info()["certificateId"]
        device.kill()
        set_clock(ahead, 40 * 365 * 86400)
        device.run(**clock(ahead))
        t.check(wait_for(lambda: re.search(r"mend: .*clock says 20\d\d-.*when that is wrong, set it", device.log()[said:]), 27),
                "a clock that is years ahead is named, too", device.log()[said:])
        set_clock(ahead, 0)
        t.check(online(stack), "and goes on, too", device.log()[-800:])
        info = device.info()
        t.equal((info["uuid"], info["certificateId"]), (uuid, certificate), "as what it was")


t.run(enrols_from_nothing, what_the_broker_sees, broker_and_service_restart, killed_while_it_enrols, commands, what_goes_wrong,
      clock_is_wrong)
