#!/usr/bin/python3
"""make run as a person meets it: its printed commands are pasted as they are, then things are killed. Behind the gate,
and in open mode."""
import atexit
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
os.chmod(base, 0o711)              # so that the broker can be a user of its own
run_dir = os.path.join(base, "run")
open_dir = os.path.join(base, "open")
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


def make_run(directory, *more):
    """make run in a session of its own, so that its process group can be sent what Ctrl-C sends."""
    state["count"] = state.get("count", 0) + 1
    state["log"], state["dir"] = os.path.join(base, "make%d.log" % state["count"]), directory
    state["make"] = muster.start(["make", "--no-print-directory", "run", "BUILD=" + BUILD, "RUN_DIR=" + directory,
                                  "PLAIN_PORT=%d" % ports[0], "MTLS_PORT=%d" % ports[1], "TLS_PORT=%d" % ports[2],
                                  *more], state["log"], cwd=ROOT, start_new_session=True)
    wait_for(lambda: "Ctrl-C ends broker" in output() or state["make"].poll() is not None, 60)
    return "Ctrl-C ends broker" in output()


def interrupt():
    """Ctrl-C; what is left of everything that make run had started."""
    everyone = list(descendants(state["make"].pid))
    os.killpg(state["make"].pid, signal.SIGINT)
    end(state["make"], signal.SIGINT, 15)
    wait_for(lambda: not [pid for pid in everyone if os.path.exists("/proc/%d" % pid)], 5)
    return [pid for pid in everyone if os.path.exists("/proc/%d" % pid)]


@atexit.register
def leave_nothing():
    """A test that broke off: make alone would die without a word to its children."""
    if "make" in state and state["make"].poll() is None:
        interrupt()


def printed(words):
    """The printed command lines that contain the words."""
    return [line for line in output().splitlines() if words in line and not re.match(r"(broker|musterd) \|", line)]


def paste(line):
    done = run(["bash", "-c", line], 20, cwd=base)
    t.check(done.returncode == 0, "pasted: " + line, done.stdout + done.stderr)
    return done.stdout


def watch(where=base):
    """The printed mosquitto_sub, and what it prints. `where`: the folder that relative paths begin at."""
    line = printed("mosquitto_sub")[0]
    log = os.path.join(base, "watch%d.log" % state["count"])
    child = muster.start(["bash", "-c", "exec " + line], log, cwd=where)
    time.sleep(0.7)
    return child, lambda: [json.loads(row.split(" ", 1)[1]) for row in read(log).splitlines() if " " in row]


def listening(pid):
    """(address, port) of every TCP socket on which the process waits for others."""
    held = {os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid)}
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for words in map(str.split, read(table).splitlines()[1:] if os.path.exists(table) else []):
            if words[3] == "0A" and "socket:[%s]" % words[9] in held:
                address, port = words[1].split(":")
                found.append((address, int(port, 16)))
    return sorted(found, key=lambda pair: pair[1])


def only_expected_sockets():
    loopback = "0100007F"
    t.equal(listening(mosquitto_pid()), [(loopback, port) for port in sorted(ports)],
            "the broker listens on its three ports, on this machine alone")
    t.equal(listening(musterd_pid()), [], "the service listens nowhere")


def starts_and_prints():
    t.check(make_run(run_dir), "make run prints its commands within a minute", output()[-2000:])
    t.equal(len(printed("mosquitto_rr")), 3, "three mosquitto_rr commands are printed")
    t.check(not [line for line in printed("mosquitto") + printed("muster-device") if str(ports[0]) in line or "--open" in line],
            "none goes to the port without TLS, or says --open")
    only_expected_sockets()
    t.check(musterd_pid() is not None, "musterd runs as BUILD/musterd --config RUN_DIR/muster.conf",
            descendants(state["make"].pid))
    t.check(mosquitto_pid() is not None, "mosquitto runs with RUN_DIR/mosquitto.conf")
    for name in ("admin.key", "viewer.key", "ca.key", "provisioning.key", "service.key", "seal.key"):
        mode = stat.S_IMODE(os.stat(os.path.join(run_dir, name)).st_mode)
        t.equal(oct(mode), "0o600", name + " is for its owner only")


def pasted_commands_work():
    rr, seds = printed("mosquitto_rr"), printed("sed ")
    watcher, events = watch()
    registered = json.loads(paste(rr[0]))
    if len(seds) == 2:  # behind the gate
        paste(seds[0])
        t.equal(read(os.path.join(base, "dev1.apikey")).strip(), registered["apiKey"], "the API key is taken out")
    t.check(re.fullmatch(r"[a-z2-7]{12}", registered.get("deviceId", "")), "register answers deviceId", registered)
    t.check(registered.get("apiKey", "").startswith("mdk_"), "register answers apiKey", registered)
    state["device"] = registered["deviceId"]
    paste(printed("openssl req")[0])
    paste(rr[1])
    paste(seds[-1])
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
    reference_client()


def reference_client():
    """It goes on for ever: until it is online."""
    log = os.path.join(base, "device%d.log" % state["count"])
    child = muster.start(["bash", "-c", "exec " + printed("/muster-device run")[0]], log, cwd=base)
    t.check(wait_for(lambda: "online deviceId=" in read(log), 15), "pasted: muster-device run comes online", read(log))
    t.equal(end(child), 0, "and ends in good order")


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
        ctl = [os.path.join(ROOT, BUILD, "musterctl"), "--dir", state["dir"], "status"]
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
    watcher, events = watch(ROOT)
    devices = json.loads(run([os.path.join(ROOT, BUILD, "musterctl"), "--dir", run_dir, "device", "list", "--json"],
                             ).stdout)["items"]
    t.equal(sorted(d["uuid"] for d in devices if d["uuid"] in ("dev1", "dev2")), ["dev1", "dev2"],
            "the next make run finds the same devices")
    t.equal(len(devices), 3, "and no other than that of the reference client")
    t.equal([d["deviceId"] for d in devices if d["uuid"] == "dev1"], [state["device"]], "with the same deviceId")
    # dev1 was online when everything ended: from now on it is silent.
    wait_for(lambda: len(events()) == 1, 8)
    pub = ["mosquitto_pub", "-h", "localhost", "-p", str(ports[2]), "--cafile", run_dir + "/ca.pem", "-q", "1", "-i", "dev1~pub",
           "-u", "dev1", "-P", read(os.path.join(base, "dev1.apikey")).strip(), "-t", "muster/v1/device/dev1/connect"]
    run(pub + ["-m", '{"session":"s9"}'])
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
    done = run(command + ["MODE=open"], 20, cwd=ROOT)
    t.check(done.returncode != 0, "in another mode, too", done.stderr)
    t.equal(interrupt(), [], "Ctrl-C leaves no process behind, again")
    done = run(command + ["MODE=open"] + ["%s=%d" % pair for pair in zip(("PLAIN_PORT", "MTLS_PORT", "TLS_PORT"), ports)], 20,
               cwd=ROOT)
    t.check(done.returncode != 0 and "is in mode gated" in done.stderr and "mend:" in done.stderr,
            "a folder keeps its mode", done.stderr)
    done = run(command + ["MODE=close"], 20, cwd=ROOT)
    t.check(done.returncode != 0 and "MODE=close is no mode" in done.stderr, "there are two modes", done.stderr)


def in_open_mode():
    """MODE=open is for the first time; then the folder knows it."""
    t.check(make_run(open_dir, "MODE=open"), "make run MODE=open prints its commands", output()[-2000:])
    t.check("in open mode" in output(), "and says so", output()[-2000:])
    t.equal(len(printed("mosquitto_rr")), 3, "three mosquitto_rr commands are printed")
    t.check(not os.path.exists(open_dir + "/service.key"), "the service has no key")
    only_expected_sockets()
    pasted_commands_work()
    killed_programs_come_back()
    interrupt_ends_everything()
    t.check(make_run(open_dir), "make run finds the mode in the folder", output()[-2000:])
    t.check("in open mode" in output() and musterd_pid() is not None, "and the same lines", output()[-2000:])
    killed_script_leaves_nothing()


def killed_script_leaves_nothing():
    """SIGKILL for run.sh itself: the kernel ends what it started, the broker too, whoever that runs as."""
    pids = [mosquitto_pid(), musterd_pid()]
    script = processes()[musterd_pid()][0]
    os.kill(script, signal.SIGKILL)
    t.check(wait_for(lambda: not [pid for pid in pids if os.path.exists("/proc/%d" % pid)], 10), "both end with it")
    end(state["make"])


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


def behind_the_gate():
    starts_and_prints()
    pasted_commands_work()
    killed_programs_come_back()
    interrupt_ends_everything()
    silence_is_noticed_once()
    second_run_in_the_same_folder()
    t.check(make_run(run_dir), "make run", output()[-2000:])
    killed_script_leaves_nothing()


t.run(behind_the_gate, in_open_mode, port_in_use)
