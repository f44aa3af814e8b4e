#!/usr/bin/python3
"""make run as a person meets it: its printed commands are pasted as they are, then things are killed."""
import json
import os
import re
import signal
import socket
import stat
import subprocess
import time

import muster
from muster import BUILD, ROOT, Checks, end, folder, free_ports, read, run, wait_for

t = Checks()
base = folder()                    # scratch: what the pasted commands write lands here
run_dir = os.path.join(base, "run")
ports = free_ports(3)
state = {}

if not os.path.isabs(BUILD):       # the printed commands name it as it was given
    os.makedirs(os.path.dirname(os.path.join(base, BUILD)), exist_ok=True)
    os.symlink(os.path.join(ROOT, BUILD), os.path.join(base, BUILD))


def processes():
    """pid -> (parent, command line) of everything that runs."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open("/proc/%s/cmdline" % pid, "rb").read().decode(errors="replace").split("\0")[:-1]
            parent = int(re.sub(r".*\) ", "", read("/proc/%s/stat" % pid), flags=re.S).split()[1])
        except (OSError, IndexError):
            continue
        found[int(pid)] = (parent, words)
    return found


def descendants(pid):
    everyone, found = processes(), {pid}
    for _ in range(10):
        found |= {child for child, (parent, _) in everyone.items() if parent in found}
    return {child: everyone[child][1] for child in found if child in everyone}


def pid_of(words):
    """The one process below make that has this command line."""
    found = [pid for pid, line in descendants(state["make"].pid).items() if line == words]
    return found[0] if len(found) == 1 else None


def musterd_pid():
    return pid_of([BUILD + "/musterd", "--config", state["dir"] + "/muster.conf"])


def mosquitto_pid():
    return pid_of(["mosquitto", "-c", state["dir"] + "/mosquitto.conf"])


def output():
    return read(state["log"])


def make_run(directory):
    """make run in a session of its own, so that its process group can be sent what Ctrl-C sends."""
    state["count"] = state.get("count", 0) + 1
    state["log"], state["dir"] = os.path.join(base, "make%d.log" % state["count"]), directory
    state["make"] = muster.start(["make", "--no-print-directory", "run", "BUILD=" + BUILD, "RUN_DIR=" + directory,
                                  "PLAIN_PORT=%d" % ports[0], "MTLS_PORT=%d" % ports[1], "TLS_PORT=%d" % ports[2]],
                                 state["log"], cwd=ROOT, start_new_session=True)
    return wait_for(lambda: "Ctrl-C ends broker" in output() or state["make"].poll() is not None, 60)


def interrupt():
    """Ctrl-C; what is left of everything that make run had started."""
    everyone = list(descendants(state["make"].pid))
    os.killpg(state["make"].pid, signal.SIGINT)
    end(state["make"], signal.SIGINT, 15)
    wait_for(lambda: not [pid for pid in everyone if os.path.exists("/proc/%d" % pid)], 5)
    return [pid for pid in everyone if os.path.exists("/proc/%d" % pid)]


def printed(words):
    """The printed command lines that contain the words."""
    return [line for line in output().splitlines() if words in line and not re.match(r"(broker|musterd) \|", line)]


def paste(line):
    done = run(["bash", "-c", line], 20, cwd=base)
    t.check(done.returncode == 0, "pasted: " + line, done.stdout + done.stderr)
    return done.stdout


def watch():
    """The printed mosquitto_sub, and what it prints."""
    line = printed("mosquitto_sub")[0]
    log = os.path.join(base, "watch%d.log" % state["count"])
    child = muster.start(["bash", "-c", "exec " + line], log, cwd=base)
    time.sleep(0.7)
    return child, lambda: [json.loads(row.split(" ", 1)[1]) for row in read(log).splitlines() if " " in row]


def starts_and_prints():
    t.check(make_run(run_dir), "make run prints its commands within a minute", output()[-2000:])
    t.equal(len(printed("mosquitto_rr")), 3, "three mosquitto_rr commands are printed")
    t.check(musterd_pid() is not None, "musterd runs as BUILD/musterd --config RUN_DIR/muster.conf",
            descendants(state["make"].pid))
    t.check(mosquitto_pid() is not None, "mosquitto runs with RUN_DIR/mosquitto.conf")
    for name in ("admin.key", "viewer.key", "ca.key", "provisioning.key", "server.key", "seal.key"):
        mode = stat.S_IMODE(os.stat(os.path.join(run_dir, name)).st_mode)
        t.equal(oct(mode), "0o600", name + " is for its owner only")


def pasted_commands_work():
    rr = printed("mosquitto_rr")
    watcher, events = watch()
    registered = json.loads(paste(rr[0]))
    t.check(re.fullmatch(r"[a-z2-7]{12}", registered.get("deviceId", "")), "register answers deviceId", registered)
    t.check(registered.get("apiKey", "").startswith("mdk_"), "register answers apiKey", registered)
    state["device"] = registered["deviceId"]
    paste(printed("openssl req")[0])
    paste(rr[1])
    paste(printed("sed ")[0])
    t.check(paste(printed("openssl verify")[0]).strip().endswith("OK"), "openssl verify says OK")
    second = json.loads(paste(rr[2]))
    check_pair(second)
    for line in printed("mosquitto_pub"):
        paste(line)
    wait_for(events, 5)
    time.sleep(1)
    t.equal([(e["uuid"], e["from"], e["to"], e["reason"]) for e in events()],
            [("dev1", "offline", "online", "connect")], "connect and heartbeat give exactly one status_changed")
    end(watcher)
    for line in printed("/musterctl --dir"):
        if not line.endswith(" watch"):
            paste(line)


def check_pair(answer):
    """The private key that the service made fits the certificate, and is RSA-2048."""
    for name, member in (("dev2.key", "privateKeyPem"), ("dev2.pem", "certificatePem")):
        with open(os.path.join(base, name), "w", encoding="utf-8") as file:
            file.write(answer.get(member, ""))
    of_key = paste("openssl pkey -in dev2.key -pubout")
    of_certificate = paste("openssl x509 -in dev2.pem -noout -pubkey")
    t.check(of_key == of_certificate and "PUBLIC KEY" in of_key, "the private key fits the certificate")
    t.check("2048 bit" in paste("openssl pkey -in dev2.key -noout -text"), "the private key is RSA-2048")
    t.check(answer.get("deviceId") and answer.get("apiKey"), "one-shot provision registers too", list(answer))


def killed_programs_come_back():
    for name, pid_now, words in (("musterd", musterd_pid, "musterd ended (signal 9)"),
                                 ("mosquitto", mosquitto_pid, "broker ended (signal 9)")):
        old = pid_now()
        os.kill(old, signal.SIGKILL)
        t.check(wait_for(lambda: pid_now() not in (None, old), 10), name + " is started again")
        t.check(words in output(), "a line says that %s ended" % name, output()[-800:])
        ctl = [os.path.join(ROOT, BUILD, "musterctl"), "--dir", run_dir, "status"]
        t.check(wait_for(lambda: run(ctl, 30).returncode == 0, 20), "the service answers again after " + name)


def interrupt_ends_everything():
    t.equal(interrupt(), [], "Ctrl-C leaves no process behind")
    t.check("stopped" in output(), "the last word is stopped", output()[-300:])


def silence_is_noticed_once():
    with open(os.path.join(run_dir, "muster.conf"), "a", encoding="utf-8") as file:
        file.write("offline_after_seconds 2\n")
    # The same folder by another name, relative to where make runs.
    t.check(make_run(os.path.relpath(run_dir, ROOT)), "make run starts again in the same folder", output()[-2000:])
    t.check(musterd_pid() is not None, "RUN_DIR is passed on as it was given", descendants(state["make"].pid))
    watcher, events = watch()
    devices = json.loads(run([os.path.join(ROOT, BUILD, "musterctl"), "--dir", run_dir, "device", "list", "--json"],
                             ).stdout)["items"]
    t.equal(sorted(d["uuid"] for d in devices), ["dev1", "dev2"], "the next make run finds the same devices")
    t.equal([d["deviceId"] for d in devices if d["uuid"] == "dev1"], [state["device"]], "with the same deviceId")
    # dev1 was online when everything ended: from now on it is silent.
    wait_for(lambda: len(events()) == 1, 8)
    pub = ["mosquitto_pub", "-h", "localhost", "-p", str(ports[0]), "-q", "1", "-t"]
    run(pub + ["muster/v1/device/dev1/connect", "-m", '{"session":"s9"}'])
    wait_for(lambda: len(events()) == 3, 6)
    time.sleep(5)
    t.equal([(e["from"], e["to"], e["reason"]) for e in events()],
            [("online", "offline", "heartbeat_timeout"), ("offline", "online", "connect"),
             ("online", "offline", "heartbeat_timeout")], "silence gives exactly one heartbeat_timeout each time")
    end(watcher)


def second_run_in_the_same_folder():
    command = ["make", "--no-print-directory", "run", "BUILD=" + BUILD, "RUN_DIR=" + run_dir]
    done = run(command + ["%s=%d" % pair for pair in zip(("PLAIN_PORT", "MTLS_PORT", "TLS_PORT"), free_ports(3))], 20,
               cwd=ROOT)
    t.check(done.returncode != 0 and "another make run uses the folder" in done.stderr,
            "a folder in use is refused", done.stderr)
    t.equal(interrupt(), [], "Ctrl-C leaves no process behind, again")


def port_in_use():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = run(["make", "--no-print-directory", "run", "BUILD=" + BUILD, "RUN_DIR=" + os.path.join(base, "other"),
                    "PLAIN_PORT=%d" % port, "MTLS_PORT=%d" % ports[1], "TLS_PORT=%d" % ports[2]], 20, cwd=ROOT)
    lines = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    t.check(done.returncode != 0 and len(lines) == 1 and "port %d " % port in lines[0] and "in use" in lines[0] and
            "process %d" % os.getpid() in lines[0], "a port in use is one sentence that names who has it", done.stderr)
    t.check("mend:" in done.stderr, "and says what to do", done.stderr)


t.run(starts_and_prints, pasted_commands_work, killed_programs_come_back, interrupt_ends_everything,
      silence_is_noticed_once, second_run_in_the_same_folder, port_in_use)
