#!/usr/bin/python3
"""musterctl and the command line of musterd; and what make install lays out."""
import json
import os
import pty
import re
import socket
import sqlite3
import stat
import subprocess
import time

from muster import BUILD, ROOT, Checks, Stack, end, folder, free_ports, program, read, run, start, wait_for

t = Checks()
CTL = program("musterctl")


def ctl_json(stack, *words):
    done = stack.ctl(*words, "--json")
    t.equal(done.returncode, 0, " ".join(words) + " --json has exit code 0")
    try:
        return json.loads(done.stdout)
    except ValueError:
        t.check(False, " ".join(words) + " --json is JSON", done)
        return {}


def table(stack, *words):
    """What people see: exit code 0 and some text."""
    done = stack.ctl(*words)
    t.check(done.returncode == 0 and done.stdout.strip(), " ".join(words) + " prints something", done)
    return done.stdout


# --- what does not need a service -------------------------------------------------------------------------------------

def init_makes_a_folder():
    where = os.path.join(folder(), "new")
    ports = ["--open", "--plain-port", "11883", "--mtls-port", "18883", "--tls-port", "18884"]
    done = run([CTL, "init", "--dir", where] + ports)
    t.check(done.returncode == 0, "init", done)
    files = {name: stat.S_IMODE(os.stat(os.path.join(where, name)).st_mode) for name in os.listdir(where)}
    for name in ("admin.key", "viewer.key", "provisioning.key", "ca.key", "server.key", "seal.key", "muster.db", "muster.conf"):
        t.equal(files.get(name, 0) & 0o077, 0, name + " is for its owner only")
    t.check({"ca.pem", "server.pem", "mosquitto.conf"} <= set(files), "and the rest is there", files)
    before = {name: read(os.path.join(where, name)) for name in files if not name.startswith("muster.db")}
    t.equal(run([CTL, "init", "--dir", where] + ports).returncode, 0, "init again")
    t.equal({name: read(os.path.join(where, name)) for name in before}, before, "changes nothing")
    os.remove(os.path.join(where, "viewer.key"))
    t.equal(run([CTL, "init", "--dir", where] + ports).returncode, 0, "init with a file missing")
    t.check(read(os.path.join(where, "viewer.key")).startswith("mok_"), "makes that one anew")
    t.equal(read(os.path.join(where, "admin.key")), before["admin.key"], "and only that one")
    made = json.loads(run([CTL, "init", "--dir", folder() + "/j", "--json"] + ports).stdout)
    t.check(made.get("schema", "").startswith("muster.init"), "init --json", made)
    for what, more in (("two equal ports", ["--tls-port", "11883"]), ("no port", ["--tls-port", "x"]),
                       ("port 0", ["--tls-port", "0"]), ("a long country", ["--country", "Germany"]),
                       ("no key type", ["--ca-key-type", "dsa"])):
        done = run([CTL, "init", "--dir", folder() + "/w"] + ports + more)
        t.check(done.returncode == 2 and "mend:" in done.stderr, "init with %s is exit code 2" % what, done)
    rsa = folder() + "/rsa"
    done = run([CTL, "init", "--dir", rsa, "--ca-key-type", "rsa:2048", "--organization", "ACME", "--country", "DE"] + ports)
    subject = run(["openssl", "x509", "-in", rsa + "/ca.pem", "-noout", "-subject", "-text"]).stdout
    t.check(done.returncode == 0 and "ACME" in subject and "DE" in subject and "2048 bit" in subject, "an RSA authority", subject)


WRONG = [  # words, exit code, what the sentence must hold
    (["frob"], 2, "frob"), (["devices"], 2, "device"), (["device"], 2, "verb"), (["device", "frob"], 2, "create"),
    (["key", "lst"], 2, "list"), (["--frob"], 2, "--frob"), (["key", "create", "--use", "3"], 2, "--uses"),
    (["key", "create", "--uses"], 2, "--uses"), (["key", "create", "--uses", "0"], 2, "1000000000"),
    (["key", "create", "--uses", "-1"], 2, "--uses"), (["key", "create", "--uses", "3x"], 2, "3x"),
    (["key", "create", "--uses", "99999999999999999999"], 2, "--uses"), (["key", "create", "--expires", "soon"], 2, "soon"),
    (["key", "create", "--expires", "0"], 2, "0"), (["key", "create", "--expires", "11y"], 2, "11y"),
    (["key", "create", "--expires", "999999d"], 2, "999999d"), (["key", "create", "--replace", "maybe"], 2, "never"),
    (["key", "create", "--count", "3"], 2, "--count"), (["key", "show"], 2, "KEYID"), (["key", "disable"], 2, "KEYID"),
    (["key", "list", "--limit", "0"], 2, "--limit"), (["key", "list", "extra"], 2, "extra"), (["device", "show"], 2, "UUID"),
    (["device", "show", "a", "b"], 2, "b"), (["device", "create"], 2, "UUID"), (["device", "events"], 2, "UUID"),
    (["device", "events", "a", "--after", "x"], 2, "--after"), (["device", "create", "a", "--tag", "x"], 2, "--tag"),
    (["device", "create", "a", "--tag", "=x"], 2, "--tag"), (["device", "create", "a", "--offline-after", "1"], 2, "604800"),
    (["device", "list", "--json=yes"], 2, "--json"), (["watch", "--count", "0"], 2, "--count"), (["watch", "--tenant", "A B"], 2,
                                                                                             "--tenant"),
    (["device", "block"], 2, "UUID"), (["device", "blok", "a"], 2, "block"), (["device", "kick", "a", "--yes"], 2, "--yes"),
    (["device", "reset", "a"], 2, "--yes"), (["device", "decommission", "a"], 2, "--yes"), (["device", "decommission"], 2, "UUID"),
    (["device", "reset", "a", "--reason", "x"], 2, "--reason"), (["certificate"], 2, "verb"), (["certificate", "revoke"], 2, "ID"),
    (["certificate", "revoke", "a"], 2, "--yes"), (["certificate", "show"], 2, "ID"), (["certificate", "lst"], 2, "list"),
    (["certificate", "list", "--uuid", "a"], 2, "--uuid"), (["device", "list", "--device", "a"], 2, "--device"),
    (["status", "now"], 2, "now"), (["errors", "--uses", "3"], 2, "--uses"), (["config"], 2, "keys"), (["-x"], 2, "x"),
    (["a"] * 20, 2, ""), (["status", "--dir", "/nonexistent"], 3, "/nonexistent"), (["status", "--dir", ""], (3, 4, 8), "")]


def usage():
    where = folder()
    for words, code, part in WRONG:
        done = run([CTL] + words, cwd=where)
        t.check(done.returncode in (code if isinstance(code, tuple) else (code,)) and part in done.stderr and
                re.match(r"error: .*\n(  mend: .*\n)?$", done.stderr) and done.stdout == "",
                "musterctl %s: exit code %s and one sentence" % (" ".join(words)[:60], code), done)
    for words, part in ((["--help"], "device list"), (["-h"], "key create"), (["help"], "watch"), (["device", "--help"], "show"),
                        (["help", "key", "create"], "--uses"), (["help", "certificate"], "revoke ID"),
                        (["device", "reset", "--help"], "--yes"), (["--version"], "musterctl "), (["errors"], "device_exists"),
                        (["errors", "--markdown"], "| `device_exists` |"), (["config", "keys"], "offline_after_seconds"),
                        (["config", "keys", "--markdown"], "| `database` |")):
        done = run([CTL] + words, cwd=where)
        t.check(done.returncode == 0 and part in done.stdout and done.stderr == "", "musterctl " + " ".join(words), done)


def documents_are_what_the_program_prints():
    """docs/ quotes the program's tables; they must not drift apart."""
    printed = run([CTL, "errors", "--markdown"]).stdout
    t.check(read(os.path.join(ROOT, "docs/errors.md")).strip() == printed.strip(), "docs/errors.md is what musterctl errors prints")
    rows = [line for line in run([CTL, "config", "keys", "--markdown"]).stdout.splitlines() if line.startswith("| `")]
    kept = read(os.path.join(ROOT, "docs/configuration.md"))
    t.equal([row for row in rows if row not in kept], [], "docs/configuration.md has every key as musterctl prints it")


# --- with a service ---------------------------------------------------------------------------------------------------

def lists_and_records():
    with Stack() as stack:
        asker = stack.asker()
        t.check("answers" in table(stack, "status") and stack.ctl().returncode == 0, "status, also without a command")
        status = ctl_json(stack, "status")
        t.check(status["schema"] == "muster.status/1" and status["total"] == 0 and "serverTime" in status, "status --json is flat",
                status)
        t.check("no device" in stack.ctl("device", "list").stderr, "an empty list says so")
        empty = ctl_json(stack, "device", "list")
        t.equal(empty, {"schema": "muster.device.list/1", "items": []}, "an empty list as JSON")
        stack.register(asker, "dev1", deviceName="First", deviceType="pump", tags={"a": "b"})
        asker.device("dev1", "connect", {"session": "s"})
        for words in (["device", "list"], ["device", "ls"], ["device", "show", "dev1"], ["device", "events", "dev1"], ["key", "list"],
                      ["key", "show", stack.key.split("_")[1]]):
            text = table(stack, *words)
            t.check("secret" not in text and stack.key not in text and "mdk_" not in text, "no secret in " + " ".join(words), text)
        for words, member, value in ((["device", "list"], "uuid", "dev1"), (["device", "events", "dev1"], "event", "registered"),
                                     (["key", "list"], "used", 1)):
            answer = ctl_json(stack, *words)
            t.equal(sorted(answer), ["items", "schema"], " ".join(words) + ": a list is schema and items")
            t.equal(answer["items"][0][member], value, " ".join(words) + ": its first item")
        record = ctl_json(stack, "device", "show", "dev1")
        t.check(record["schema"] == "muster.device/1" and record["status"] == "online" and record["tags"] == {"a": "b"},
                "one record is flat", record)
        after = ctl_json(stack, "device", "events", "dev1", "--after", "1")["items"]
        t.equal([e["sequence"] for e in after], [2], "events after a sequence")
        t.equal(len(ctl_json(stack, "device", "events", "dev1", "--limit", "1")["items"]), 1, "events with a limit")
        for words, code in ((["device", "show", "nobody"], 6), (["device", "events", "nobody"], 6), (["device", "create", "dev1"], 7),
                            (["device", "create", "a b"], 2), (["key", "show", "nosuch"], 6), (["key", "disable", "nosuch"], 6),
                            (["key", "show", "k" * 5000], 2), (["device", "list", "--tenant", "nobody"],
                                                                                             (0, 2))):
            done = stack.ctl(*words)
            t.check(done.returncode in (code if isinstance(code, tuple) else (code,)), "%s is exit code %s" % (words, code), done)
        hostile_names(stack, asker)


def hostile_names(stack, asker):
    """A device's texts are a stranger's texts: no escape sequence reaches the terminal."""
    stack.register(asker, "evil", deviceName="a\u202e\u2066b", deviceType="\u200f")
    for words in (["device", "list"], ["device", "show", "evil"], ["device", "events", "evil"]):
        text = table(stack, *words)
        t.check(not re.search("[\u202a-\u202e\u2066-\u2069\x1b\u200f]", text), "%s prints no direction marks" % words, text)


def keys():
    with Stack() as stack:
        asker = stack.asker()
        done = stack.ctl("key", "create", "--uses", "2", "--expires", "1h", "--type", "pump", "--type", "valve")
        key = done.stdout.strip()
        t.check(done.returncode == 0 and re.fullmatch(r"mpk_[a-z2-7]+_[a-z2-7]+", key), "key create prints the key alone", done)
        t.check("not shown again" in done.stderr and key not in done.stderr, "what to know of it goes to stderr", done.stderr)
        key_id = key.split("_")[1]
        shown = ctl_json(stack, "key", "show", key_id)
        t.equal((shown["state"], shown["uses"], shown["used"], shown["deviceTypes"], shown["replace"]),
                ("active", 2, 0, ["pump", "valve"], "never"), "key show")
        body = {"provisioningKey": key, "deviceType": "pump"}
        t.equal(asker.device("k1", "register", body).code, "", "the key enrols")
        t.equal(asker.device("k2", "register", {**body, "deviceType": "lamp"}).code, "device_type_not_allowed", "its types only")
        t.equal(stack.ctl("key", "disable", key_id).returncode, 0, "key disable")
        t.equal(asker.device("k2", "register", body).code, "provisioning_key_disabled", "takes effect at once")
        t.equal(ctl_json(stack, "key", "show", key_id)["state"], "disabled", "and shows")
        t.equal(stack.ctl("key", "disable", key_id).returncode, 0, "disabling it again is no error")
        created = ctl_json(stack, "key", "create", "--replace", "always", "--uses", "5")
        t.check(created["schema"] == "muster.key.create/1" and created["key"].startswith("mpk_") and created["replace"] == "always",
                "key create --json", created)
        before = stack.register(asker, "k3")
        after = asker.device("k3", "register", {"provisioningKey": created["key"]})
        t.check(after.get("deviceId") == before["deviceId"] and after.get("apiKey") != before["apiKey"], "replace always", after)
        by_hand(stack, asker)


def by_hand(stack, asker):
    made = ctl_json(stack, "device", "create", "hand", "--name", "By hand", "--type", "lamp", "--tag", "a=b", "--tag", "c=",
                    "--endpoint", "http://x/", "--offline-after", "77")
    t.check(made["schema"] == "muster.device.create/1" and made["apiKey"].startswith("mdk_"), "device create", made)
    record = ctl_json(stack, "device", "show", "hand")
    t.equal((record["status"], record["lastSeen"], record["tags"], record["deviceName"]), ("offline", None, {"a": "b", "c": ""},
                                                                                          "By hand"), "offline, never seen")
    answer = asker.device("hand", "register", {"provisioningKey": stack.key, "hardware": {"serial": "1"}})
    t.check(answer.get("deviceId") == made["deviceId"] and answer.get("apiKey", made["apiKey"]) != made["apiKey"],
            "the first register completes it", answer)
    t.equal(asker.device("hand", "register", {"provisioningKey": stack.key}).code, "device_exists", "and only the first")
    t.equal(ctl_json(stack, "device", "show", "hand")["hardware"], {"serial": "1"}, "with what it says of itself")
    t.equal(asker.device("hand", "connect", {"session": "s"})["offlineAfterSeconds"], 77, "its own threshold")


def standing():
    """Block, unblock, kick, reset, decommission: what each prints, and how it ends."""
    with Stack() as stack:
        asker, recorder = stack.asker(), stack.recorder()
        stack.register(asker, "dev1")
        asker.device("dev1", "connect", {"session": "s"})
        t.check("blocked" in table(stack, "device", "block", "dev1"), "device block prints the record")
        blocked = ctl_json(stack, "device", "block", "dev1", "--reason", "again")
        t.equal((blocked["schema"], blocked["state"], blocked["status"]), ("muster.device/1", "blocked", "offline"), "and as JSON")
        t.equal(asker.device("dev1", "connect", {"session": "s"}).code, "device_blocked", "the device is shut out")
        t.equal(stack.ctl("device", "reset", "dev1", "--yes").returncode, 7, "a blocked device is not reset")
        t.equal(ctl_json(stack, "device", "unblock", "dev1")["state"], "registered", "device unblock")
        t.equal(stack.ctl("device", "unblock", "dev1").returncode, 7, "once")
        t.equal(asker.device("dev1", "connect", {"session": "s"}).code, "", "its API key was kept")
        t.equal(ctl_json(stack, "device", "kick", "dev1")["schema"], "muster.device.kick/1", "device kick")
        t.equal(stack.ctl("device", "reset", "dev1").returncode, 2, "device reset wants --yes where there is no terminal")
        t.equal(ctl_json(stack, "device", "reset", "dev1", "--yes")["state"], "unregistered", "device reset --yes")
        stack.register(asker, "dev1")
        t.equal(ctl_json(stack, "device", "decommission", "dev1", "--yes")["state"], "decommissioned", "device decommission --yes")
        t.equal(stack.ctl("device", "decommission", "dev1", "--yes").returncode, 0, "again is no error")
        t.equal(stack.ctl("device", "block", "dev1").returncode, 7, "and nothing else leads out of it")
        for verb in ("block", "unblock", "kick"):
            t.equal(stack.ctl("device", verb, "nobody").returncode, 6, "device %s nobody" % verb)
        t.check(wait_for(lambda: recorder.events("dev1", "decommissioned"), 5), "the event decommissioned")
        t.equal([e["reason"] for e in recorder.events("dev1", "blocked")], [""], "one event blocked")
        late = stack.recorder()
        time.sleep(0.5)
        t.equal(late.status("dev1"), None, "whoever comes late hears no status of it")


def on_a_terminal():
    """What cannot be taken back is asked about; the answer decides."""
    with Stack() as stack:
        asker = stack.asker()
        for number, (answer, code) in enumerate((("n", 1), ("", 1), ("y", 0), ("yes", 0), ("yesterday", 1), ("n" * 40, 1))):
            uuid = "dev%d" % number
            stack.register(asker, uuid)
            here, there = pty.openpty()
            command = subprocess.Popen([CTL, "--dir", stack.directory, "device", "reset", uuid], stdin=there, stderr=there,
                                       stdout=subprocess.PIPE, text=True)
            said = os.read(here, 200).decode()
            os.write(here, answer.encode() + b"\n")
            out = command.communicate(timeout=30)[0]
            t.check("reset of device " + uuid in said and "[y/N]" in said, "it asks", said)
            t.equal((command.returncode, bool(out)), (code, code == 0), "the answer %r" % answer)
            t.equal(ctl_json(stack, "device", "show", uuid)["state"], "registered" if code else "unregistered", "and what it did")
            os.close(here)
            os.close(there)


def certificates():
    with Stack() as stack:
        asker = stack.asker()
        t.check("no certificate" in stack.ctl("certificate", "list").stderr, "an empty list says so")
        for uuid in ("a", "b"):
            stack.register(asker, uuid)
        first, second, other = [asker.device(uuid, "provision", {"keyType": "ec:p256"})["certificateId"] for uuid in ("a", "a", "b")]
        text = table(stack, "certificate", "ls")
        t.check(re.search(other + r"\s+b\s+default\s+pending\s+-\s+\d+ s ago\s+in \d+ d\s+-\n", text), "the list as a table", text)
        t.check(re.search(first + r"\s+a\s+default\s+superseded\s+superseded\s.* s ago\n", text), "with what ended", text)
        answer = ctl_json(stack, "certificate", "list")
        t.equal((answer["schema"], [c["certificateId"] for c in answer["items"]]), ("muster.certificate.list/1", [first, second, other]),
                "the list as JSON")
        found = ctl_json(stack, "certificate", "list", "--device", "a", "--limit", "1")["items"]
        t.equal([c["certificateId"] for c in found], [first], "of one device, with a limit")
        t.equal([c["uuid"] for c in ctl_json(stack, "certificate", "list", "--tenant", "default")["items"]], ["a", "a", "b"], "of a tenant")
        t.check("fingerprint" in table(stack, "certificate", "show", other), "certificate show")
        t.equal(ctl_json(stack, "certificate", "show", other)["state"], "pending", "as JSON")
        revoked = ctl_json(stack, "certificate", "revoke", other, "--yes", "--reason", "keyCompromise")
        t.equal((revoked["schema"], revoked["state"], revoked["reason"]), ("muster.certificate.revoke/1", "revoked", "keyCompromise"), "revoke")
        t.equal(ctl_json(stack, "certificate", "revoke", other, "--yes")["reason"], "keyCompromise", "the first reason stands")
        t.equal(ctl_json(stack, "device", "show", "b")["state"], "registered", "the device is registered again")
        for words, code in ((["revoke", second], 2), (["revoke", second, "--yes", "--reason", "because"], 2), (["show", "00"], 6),
                            (["revoke", "00", "--yes"], 6), (["list", "--device", "nobody"], 6)):
            done = stack.ctl("certificate", *words)
            t.check(done.returncode == code, "certificate %s is exit code %d" % (" ".join(words), code), done)
        t.equal(ctl_json(stack, "certificate", "show", second)["state"], "pending", "what was refused changed nothing")


def many_devices():
    """More than two pages, by the cursor."""
    with Stack() as stack:
        asker = stack.asker()
        sent = [asker.send("muster/v1/admin/tester/device/create",
                           {"operatorKey": stack.admin, "uuid": "m%03d" % n, "deviceName": "n" * 100, "tags": {"k": "v" * 200}})
                for n in range(230)]
        answers = [asker.wait(correlation, 20) for correlation in sent]
        t.check(all(a is not None and not a.code for a in answers), "230 devices by hand")
        for words in ((), ("--limit", "1000")):
            items = ctl_json(stack, "device", "list", *words)["items"]
            t.equal([d["uuid"] for d in items], ["m%03d" % n for n in range(230)], "device list has all of them, in order")
        for limit in (1, 100, 101, 229):
            t.equal(len(ctl_json(stack, "device", "list", "--limit", str(limit))["items"]), limit, "--limit %d" % limit)
        t.equal(len([line for line in table(stack, "device", "list").splitlines() if line.startswith("m")]), 230, "as a table")
        t.equal(ctl_json(stack, "status")["total"], 230, "status counts them")
        t.equal(run(["bash", "-c", CTL + " --dir %s device list --json | head -c 10" % stack.directory]).returncode, 0,
                "a closed pipe is no disaster")
        full = run(["bash", "-c", CTL + " --dir %s device list --json > /dev/full" % stack.directory])
        t.check(full.returncode == 1 and "error:" in full.stderr, "a full disk is told", full)


def who_waits_for_a_puback():
    """Answers come at QoS 0: a PUBACK for each would cost 40 ms. Events come at QoS 1."""
    with Stack(go=False) as stack:
        with open(stack.path("mosquitto.conf"), "a", encoding="utf-8") as file:
            file.write("log_type subscribe\n")
        stack.start_broker()
        stack.start_service()
        stack.wait_ready()
        stack.ctl("device", "list")
        start([CTL, "--dir", stack.directory, "watch", "--count", "1"], stack.path("watch.log"))
        for topic, qos in (("admin", 0), ("event", 1)):
            found = wait_for(lambda: re.findall(r"musterctl-\S+ (\d) muster/v1/%s/" % topic, read(stack.path("broker.log"))), 5)
            t.equal(set(found), {str(qos)}, "musterctl subscribes muster/v1/%s at QoS %d" % (topic, qos))


def without_a_service():
    with Stack() as stack:
        end(stack.service)
        done = stack.ctl("status")
        t.check(done.returncode == 8 and "mend:" in done.stderr, "status without a service is exit code 8", done)
        t.check("offline" in done.stderr, "and says that it is offline", done.stderr)
        end(stack.broker)
        for words in (["status"], ["device", "list"], ["key", "create"], ["watch", "--count", "1"]):
            done = stack.ctl(*words)
            t.check(done.returncode == 4 and str(stack.plain) in done.stderr, "%s without a broker is exit code 4" % words, done)
        t.check(done.stdout == "", "and prints nothing else", done.stdout)


def watching():
    with Stack() as stack:
        asker = stack.asker()
        log = stack.path("watch.log")
        plain = start([CTL, "--dir", stack.directory, "watch"], log)
        counted = start([CTL, "--dir", stack.directory, "watch", "--json", "--count", "3"], stack.path("count.log"),
                        stderr=subprocess.DEVNULL)
        broker = stack.path("broker.log")
        wait_for(lambda: read(broker).count("as musterctl-") >= 2, 5)
        time.sleep(0.4)
        for n in range(5):
            stack.register(asker, "w%d" % n)
        t.equal(counted.wait(10), 0, "watch --count ends by itself")
        lines = [json.loads(line) for line in read(stack.path("count.log")).splitlines()]
        t.equal([(e["event"], e["uuid"]) for e in lines], [("registered", "w%d" % n) for n in range(3)], "three events, one a line")
        t.check(wait_for(lambda: "w4" in read(log), 5), "watch prints them for people", read(log))
        asker.publish("muster/v1/event/default/x/y", b"no JSON")
        asker.publish("muster/v1/event/default/x/y", json.dumps({"event": "\x1b[31mred"}))
        time.sleep(0.3)
        t.check("\x1b" not in read(log) and plain.poll() is None, "nonsense on the topic does not harm it", read(log))
        t.equal(end(plain), 0, "SIGTERM ends watch with exit code 0")


def a_viewer():
    """A folder with the viewer's key as its operator's key."""
    with Stack() as stack:
        where = folder()
        for name, source in (("muster.conf", "muster.conf"), ("admin.key", "viewer.key")):
            with open(os.path.join(where, name), "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(read(stack.path(source)))
        for words, code in ((["status"], 0), (["device", "list"], 0), (["key", "list"], 0), (["key", "create"], 5),
                            (["certificate", "list"], 0), (["device", "block", "x"], 5),
                            (["device", "create", "x"], 5), (["key", "disable", stack.key.split("_")[1]], 5)):
            done = run([CTL, "--dir", where] + words)
            t.check(done.returncode == code, "a viewer's %s is exit code %d" % (" ".join(words), code), done)
        os.chmod(os.path.join(where, "admin.key"), 0o644)
        done = run([CTL, "--dir", where, "status"])
        t.check(done.returncode == 3 and "chmod 600" in done.stderr, "a key that others can read is refused", done)
        t.equal(stack.one("SELECT count(*) FROM device"), 0, "nothing was changed")
        t.equal(stack.one("SELECT count(*) FROM audit WHERE outcome = 'not_authorised'"), 4, "the refusals are in the audit log")


def the_broker_wants_a_login():
    """musterctl is the user `operator` with its key as the password; a refused login is no broker that is away."""
    stack = Stack(go=False)
    passwords, login = stack.path("passwords"), stack.path("login")
    for path, text in ((passwords, ""), (login, "secret\n"), (stack.path("mosquitto.conf"), read(stack.path("mosquitto.conf")).replace(
            "allow_anonymous true", "allow_anonymous false\npassword_file " + passwords))):
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(text)
    stack.set("broker_username service", "broker_password_file login")
    with stack:
        stack.start_broker()
        for words in (["status"], ["device", "list"], ["watch", "--count", "1"]):
            done = stack.ctl(*words)
            t.check(done.returncode == 5 and "refuses this operator" in done.stderr and "admin.key" in done.stderr,
                    "%s that the broker refuses is exit code 5" % words, done)
        end(stack.broker)
        for name, password in (("service", "secret"), ("operator", stack.admin)):
            run(["mosquitto_passwd", "-b", passwords, name, password])
        stack.start_broker()
        stack.start_service()
        t.check(wait_for(lambda: stack.ctl("status").returncode == 0, 15), "status with the operator's login", stack.ctl("status"))
        events = start([CTL, "--dir", stack.directory, "watch", "--count", "1", "--json"], stack.path("login.log"))
        t.check(wait_for(lambda: "as musterctl-" in read(stack.path("broker.log")).splitlines()[-1], 5), "and so connects watch")
        time.sleep(0.4)
        t.equal(stack.ctl("device", "create", "byhand").returncode, 0, "device create")
        t.equal(events.wait(10), 0, "and watch sees it")


def watching_goes_on():
    """A broker that comes back is watched again."""
    with Stack() as stack:
        log = stack.path("watch.log")
        watch = start([CTL, "--dir", stack.directory, "watch", "--count", "1"], log)
        wait_for(lambda: "as musterctl-" in read(stack.path("broker.log")), 5)
        time.sleep(0.4)
        end(stack.broker)
        t.check(wait_for(lambda: "is lost" in read(log), 5), "a lost connection is told", read(log))
        time.sleep(3)  # some attempts
        t.equal((watch.poll(), read(log).count("is lost")), (None, 1), "once, and watch goes on")
        stack.start_broker()
        t.check(wait_for(lambda: "connected again" in read(log), 15), "and so is a new one", read(log))
        t.check(wait_for(stack.answers, 15), "the service is back")
        t.equal(stack.ctl("device", "create", "again").returncode, 0, "device create")
        t.equal(watch.wait(10), 0, "what happens then is seen")


# --- folders ----------------------------------------------------------------------------------------------------------

def init_again(where, *more):
    done = run([CTL, "init", "--open", "--dir", where, *more])
    return done, [line.split("  ")[0][2:] for line in done.stdout.splitlines() if line.startswith("\u2714") and "(kept)" not in line]


def init_mends():
    """What was lost or does not fit is made anew, and only that."""
    where = folder() + "/mended"
    t.equal(len(init_again(where)[1]), 7, "a new folder")
    other = folder() + "/other"
    init_again(other)
    database, server = where + "/muster.db", where + "/server.pem"
    key = read(where + "/server.key")
    for name in ("muster.db", "server.pem"):  # of another installation: neither knows these keys
        with open(other + "/" + name, "rb") as source, open(where + "/" + name, "wb") as file:
            file.write(source.read())
    done, made = init_again(where)
    t.equal((done.returncode, made), (0, ["broker's certificate", "database and first keys"]), "what does not fit is made anew")
    t.equal(read(where + "/server.key"), key, "but the broker's key is kept")
    fits = [run(["openssl"] + words).stdout for words in (["x509", "-in", server, "-noout", "-pubkey"],
                                                          ["pkey", "-in", where + "/server.key", "-pubout"])]
    t.check(fits[0] == fits[1] and "PUBLIC" in fits[0], "and its certificate is of that key", fits)
    t.equal(sorted(sqlite3.connect(database).execute("SELECT name, id FROM operator")),
            [(name, read("%s/%s.key" % (where, name)).split("_")[1]) for name in ("admin", "viewer")], "the operators have their keys")
    t.equal(init_again(where)[1], [], "then everything is there")
    with open(where + "/viewer.key", "a", encoding="utf-8") as file:
        file.seek(0)
        file.truncate()
        file.write(read(where + "/admin.key")[:13] + read(other + "/admin.key")[13:])
    done = init_again(where)[0]
    t.check(done.returncode == 3 and "viewer.key is not the one" in done.stderr and "mend: remove it" in done.stderr,
            "a key with an id that the database knows with another secret", done)
    os.remove(where + "/viewer.key")
    with open(where + "/server.key", "w", encoding="utf-8") as file:
        file.write("no key\n")
    done = init_again(where)[0]
    t.check(done.returncode == 3 and "server.key" in done.stderr and "mend:" in done.stderr, "a broken key is told", done)
    with open(database, "w", encoding="utf-8") as file:
        file.write("no database\n" * 1000)
    os.remove(where + "/server.key")
    done = init_again(where)[0]
    t.check(done.returncode == 1 and "muster.db cannot be used" in done.stderr, "a broken database is told", done)


def names_of_folders():
    """Every name works that mosquitto.conf can hold; make run's awk takes = and - for something else."""
    base = folder()
    ports = ["--open", "--plain-port", "11883", "--mtls-port", "18883", "--tls-port", "18884"]
    change = 'build=none dir=$0 plain=1 mtls=2 tls=3 mode= bind=; say() { printf "%s\\n" "$*"; }; die() { say "$@"; exit 1; }; ' \
             '. "$1"; choose_mode && say $mode && fit_ports && check_paths && take_folder'
    for name in ("a=b", "-v", "--help", "x y", "-a=b c", "d$(e)"):
        done = run([CTL, "init", "--dir=" + name] + ports, cwd=base)
        t.check(done.returncode == 0, "init --dir=" + name, done)
        done = run(["bash", "-c", change, name, os.path.join(ROOT, "service/dev/run_folder.sh")], cwd=base)
        t.check(done.returncode == 0 and "mtls=2 plain=1 tls=3" in done.stdout and done.stdout.startswith("open\n"), "make run sets the ports in " + name, done)
        where = os.path.join(base, name)
        found = [re.findall(pattern, read(where + file)) for pattern, file in ((r"listener (\d+)", "/mosquitto.conf"),
                                                                               (r"\nbroker_port (\d+)", "/muster.conf"))]
        t.equal(found, [["1", "3", "2"], ["1"]], "and they are there")
    deep = os.path.join(base, "m" * 200)
    os.mkdir(deep)
    for where, code, part in ((base + "/a\nb", 2, "control"), (base + "/a\x7fb", 2, "control"), ("/" + "n" * 600, 3, "511"),
                              (deep + "/" + "n" * 250, 2, "447")):
        done = run([CTL, "init", "--dir", where] + ports)
        t.check(done.returncode == code and part in done.stderr and "mend:" in done.stderr, "init in ...%r is refused" % where[-20:], done)
        t.equal([found for found in os.listdir(base) if "\n" in found or "\x7f" in found], [], "and nothing is made")
    odd = os.path.join(base, "odd\nparent")
    os.mkdir(odd)
    t.equal(run([CTL, "init", "--dir", "x"] + ports, cwd=odd).returncode, 2, "nor in a folder below such a one")


# --- musterd's own command line ---------------------------------------------------------------------------------------

BAD_CONFIGS = ["frobnicate 1", "offline_after_second 3", "offline_after_seconds 1", "offline_after_seconds x", "broker_port 0",
               "broker_port 65536", "mode closed", "retained_status yes", "heartbeat_seconds 300", "log_level loud", "log_format xml",
               "broker_host", "certificate_country deu", "broker_port 1883\nbroker_port 1884", "rsa_pool 65", "database",
               "type_offline_after_seconds sensor", "broker_username", "broker_password_file", "broker_key_file k", "last_will_grace_seconds -1", "certificate_days 0", "device_limit 0"]


def test_config():
    where = folder()
    for number, text in enumerate(BAD_CONFIGS):
        path = os.path.join(where, "bad%d.conf" % number)
        with open(path, "w", encoding="utf-8") as file:
            file.write("# first\n" + text + "\n")
        done = run([program("musterd"), "--config", path, "--test-config"])
        t.check(done.returncode == 3 and re.match(r"error: %s:[23]: .*: .*\n$" % re.escape(path), done.stderr),
                "--test-config refuses %r with file, line and mend" % text, done)
        t.equal(run([program("musterd"), "--config", path]).returncode, 3, "and so does the start")
    good = os.path.join(where, "good.conf")
    with open(good, "w", encoding="utf-8") as file:
        file.write("\n# all\noffline_after_seconds 7\n  log_level   debug  \ntype_offline_after_seconds a b 9\n")
    t.equal(run([program("musterd"), "-c", good, "--test-config"]).returncode, 0, "a good file")
    for words, code in ((["--config", where + "/none.conf", "--test-config"], 3), (["--frob"], 2), (["extra"], 2), (["--config"], 2),
                        (["--help"], 0), (["--version"], 0)):
        t.equal(run([program("musterd")] + words).returncode, code, "musterd %s" % words[0])


def open_mode_wants_every_listener_on_loopback():
    """The broker's port is on loopback, but the same broker lets others in at another one."""
    stack = Stack(go=False)
    conf, other = read(stack.path("mosquitto.conf")), free_ports(1)[0]

    def broker(more):
        with open(stack.path("mosquitto.conf"), "w", encoding="utf-8") as file:
            file.write(conf.replace("listener %d " % stack.plain, more + "listener %d " % stack.plain))
        end(stack.broker)
        stack.start_broker()

    with stack:
        for address in ("", " 0.0.0.0", " ::"):
            broker("listener %d%s\n" % (other, address))
            done = run([program("musterd"), "--config", stack.path("muster.conf")], 10)
            t.check(done.returncode == 3 and "port %d, which is open" % other in done.stderr and "mend:" in done.stderr,
                    "a second `listener PORT%s` is refused by its port" % address, done)
        t.equal(run([program("musterd"), "--config", stack.path("muster.conf"), "--test-config"]).returncode, 0,
                "--test-config does not look at who listens")
        broker("listener %d 127.0.0.2\n" % other)
        stack.start_service()
        t.check(wait_for(stack.answers, 12), "a second listener on loopback is none that matters")
        broker("listener %d\n" % other)
        t.check(wait_for(lambda: "broker_refused" in stack.log(), 12) and "port %d, which" % other in stack.log(),
                "a broker that comes back with one for others is refused", stack.log())
        t.check(not stack.answers(1), "and not served")
        with socket.socket() as stranger:  # another process may listen where it likes
            broker("")
            stranger.bind(("0.0.0.0", other))
            stranger.listen()
            t.check(wait_for(stack.answers, 12), "who else listens on this machine does not matter")
        t.check("broker_unseen" not in stack.log(), "everything was seen", stack.log())


def open_mode_says_what_it_cannot_see():
    """Without the right to look at the broker's process there is one warning, and the service runs."""
    if os.geteuid() != 0:
        print("# not root: no process to hide")
        return
    with Stack(go=False) as stack:
        stack.start_broker()
        for _ in range(2):  # the second time: a broker that comes back
            if stack.service is None:
                stack.start_service(["setpriv", "--bounding-set", "-sys_ptrace"])
            else:
                end(stack.broker)
                stack.start_broker()
            t.check(wait_for(stack.answers, 12), "the service answers", stack.log())
        t.equal(stack.log().count("cannot see what else the broker listens on"), 1, "one warning, however often it connects")


def open_mode_stays_on_loopback():
    stack = Stack(go=False)
    conf = read(stack.path("mosquitto.conf"))
    with open(stack.path("mosquitto.conf"), "w", encoding="utf-8") as file:
        file.write(conf.replace("listener %d 127.0.0.1" % stack.plain, "listener %d 0.0.0.0" % stack.plain))
    with stack:
        stack.start_broker()
        done = run([program("musterd"), "--config", stack.path("muster.conf")], 10)
        t.check(done.returncode == 3 and "loopback" in done.stderr and "mend:" in done.stderr,
                "a broker that others can reach is refused", done)
        end(stack.broker)
        # Nobody listens yet: what comes up later is looked at as well.
        stack.start_service()
        time.sleep(1)
        stack.start_broker()
        time.sleep(2)
        t.check(not stack.answers(1), "a broker that comes up later and that others can reach is not served")
        t.equal(stack.log().count("broker_refused"), 1, "and the log says so once")
        end(stack.broker)
        with open(stack.path("mosquitto.conf"), "w", encoding="utf-8") as file:
            file.write(conf)
        stack.start_broker()
        t.check(wait_for(stack.answers, 12), "a broker on loopback is served again")
    for host in ("192.0.2.1", "0.0.0.0", "no.such.host.invalid"):
        text = read(stack.path("muster.conf")).replace("broker_host 127.0.0.1", "broker_host " + host)
        with open(stack.path("other.conf"), "w", encoding="utf-8") as file:
            file.write(text)
        done = run([program("musterd"), "--config", stack.path("other.conf")], 10)
        t.check(done.returncode == 3 and host in done.stderr and "mend:" in done.stderr, "the broker %s is refused" % host, done)


def one_service_a_database():
    with Stack() as stack:
        done = run([program("musterd"), "--config", stack.path("muster.conf")], 15)
        t.check(done.returncode == 1 and "error:" in done.stderr, "a second service on the same database is refused", done)
        t.check(stack.answers(2), "and the first goes on")
        done = run([CTL, "init", "--dir", stack.directory], 15)
        t.equal(done.returncode, 0, "init beside a running service does no harm")
        os.remove(stack.path("viewer.key"))
        done = run([CTL, "init", "--dir", stack.directory], 15)
        t.check(done.returncode == 7 and "error:" in done.stderr, "init that would have to write is a conflict", done)


# --- make install -----------------------------------------------------------------------------------------------------

PROGRAM = """#include <muster_device.h>
#include <stdio.h>
int main(void)
{
    struct muster_device_options options;
    char error[MUSTER_DEVICE_ERROR_SIZE];
    struct muster_device *device;
    muster_device_options_init(&options);
    options.dir = "device";
    printf("%d\\n", muster_device_open(&options, &device, error, sizeof error));
    muster_device_close(device);
}
"""


def install():
    where = folder()
    done = run(["make", "--no-print-directory", "install", "BUILD=" + BUILD, "DESTDIR=" + where, "PREFIX=/opt/muster"], 120, cwd=ROOT)
    t.check(done.returncode == 0, "make install", done.stdout[-500:] + done.stderr[-500:])
    base = where + "/opt/muster/"
    for name in ("bin/musterd", "bin/musterctl", "bin/muster-device", "lib/muster/muster_gate.so", "lib/libmuster-device.so.1", "lib/libmuster-device.so",
                 "lib/pkgconfig/muster-device.pc", "include/muster_device.h", "share/doc/muster/README.md",
                 "share/doc/muster/protocol.md", "share/doc/muster/LICENSE"):
        t.check(os.path.exists(base + name), name + " is there")
    t.check(run([base + "bin/musterctl", "--version"]).returncode == 0, "the installed musterctl runs")
    done = run([base + "bin/musterctl", "init", "--dir", where + "/new"])
    t.check(done.returncode == 0 and "\nplugin %slib/muster/muster_gate.so\n" % base in read(where + "/new/mosquitto.conf"),
            "and finds the plugin that was installed with it", done)
    with open(where + "/mine.c", "w", encoding="utf-8") as file:
        file.write(PROGRAM)
    sanitizer = "-fsanitize=address,undefined" if "asan" in BUILD else ""
    build = ("export PKG_CONFIG_PATH=%slib/pkgconfig PKG_CONFIG_SYSROOT_DIR=%s; "
             "cc -Wall -Wextra -Werror %s %s $(pkg-config --cflags --libs muster-device) -o %s")
    done = run(["bash", "-c", build % (base, where, sanitizer, "mine.c", "mine")], cwd=where)
    t.check(done.returncode == 0, "a program builds with pkg-config", done)
    done = run(["./mine"], cwd=where, env={**os.environ, "LD_LIBRARY_PATH": base + "lib"})
    t.equal((done.returncode, done.stdout), (0, "0\n"), "and runs")
    done = run(["bash", "-c", build % (base, where, sanitizer, os.path.join(ROOT, "device-client/examples/minimal.c"), "min")], cwd=where)
    t.check(done.returncode == 0, "so does the example", done)
    symbols = run(["bash", "-c", "nm -D --defined-only %slib/libmuster-device.so.1 | awk '{print $3}' | grep -v ^muster_device" % base])
    t.check("asan" in BUILD or symbols.stdout.strip() in ("", "MUSTER_DEVICE_1"), "the library exports only its own names",
            symbols.stdout[:300])


t.run(init_makes_a_folder, usage, documents_are_what_the_program_prints, lists_and_records, keys, standing, on_a_terminal,
      certificates, many_devices, who_waits_for_a_puback,
      without_a_service, watching, watching_goes_on, a_viewer, the_broker_wants_a_login, init_mends, names_of_folders, test_config,
      open_mode_stays_on_loopback, open_mode_wants_every_listener_on_loopback, open_mode_says_what_it_cannot_see,
      one_service_a_database, install)
