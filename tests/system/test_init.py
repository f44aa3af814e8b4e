#!/usr/bin/python3
"""musterctl init: the two kinds of folders, who may read what in them, and what is mended."""
import hashlib
import json
import os
import pwd
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
import time

from muster import Checks, Stack, end, folder, free_ports, program, read, run, start, wait_for

t = Checks()
CTL = program("musterctl")
PORTS = ["--plain-port", "11883", "--mtls-port", "18883", "--tls-port", "18884"]
ROOT_USER = os.geteuid() == 0
try:
    BROKER = pwd.getpwnam("mosquitto")
except KeyError:
    BROKER = None


def installed(where="bin", gate="lib/muster"):
    """A musterctl of its own in a folder that everyone can reach, with something that stands for the plugin."""
    base = folder()
    os.chmod(base, 0o755)
    for name in {where, gate} - {None}:
        os.makedirs(os.path.join(base, name), exist_ok=True)
    shutil.copy(CTL, os.path.join(base, where, "musterctl"))
    if gate is not None:
        with open(os.path.join(base, gate, "muster_gate.so"), "w", encoding="utf-8"):
            pass
        os.chmod(os.path.join(base, gate, "muster_gate.so"), 0o644)
    return base, os.path.join(base, where, "musterctl")


def init(ctl, where, *more):
    return run([ctl, "init", "--dir", where, *PORTS, *more])


def settings(path):
    """key -> value of every line that is no comment; of keys that stand more than once the last."""
    return dict((line.split(" ", 1) + [""])[:2] for line in read(path).splitlines() if line and not line.startswith("#"))


def listeners(where):
    """What stands behind each `listener`, as (port and address, {key: value})."""
    parts = re.split(r"^listener ", read(where + "/mosquitto.conf"), flags=re.M)[1:]
    return [(part.split("\n", 1)[0], dict((line.split(" ", 1) + [""])[:2] for line in part.splitlines()[1:]
                                           if line and not line.startswith("#"))) for part in parts]


# --- behind the gate --------------------------------------------------------------------------------------------------

def gated_folder():
    base, ctl = installed()
    where = base + "/new"
    done = init(ctl, where)
    t.check(done.returncode == 0, "init", done)
    conf = settings(where + "/mosquitto.conf")
    t.equal((conf["plugin"], conf["plugin_opt_database"]), (base + "/lib/muster/muster_gate.so", where + "/muster.db"),
            "the plugin that was installed, and the database")
    secret = read(where + "/service.key").strip()
    t.check(re.fullmatch(r"msk_[a-z2-7]+_[a-z2-7]+", secret), "the service's key")
    text = read(where + "/mosquitto.conf")
    t.check(secret not in text and secret.split("_")[2] not in text, "of which the broker knows a hash only")
    for key, value in (("per_listener_settings", "false"), ("allow_anonymous", "false"), ("allow_zero_length_clientid", "false"),
                       ("persistence", "false"), ("max_packet_size", "65536"), ("max_queued_messages", "100000"),
                       ("max_queued_bytes", "16777216"), ("max_inflight_messages", "100"), ("max_keepalive", "300"),
                       ("check_retain_source", "false"), ("persistent_client_expiration", "1h"), ("sys_interval", "0"), ("set_tcp_nodelay", "true")):
        t.equal(conf.get(key), value, key)
    t.check(text.index("\nplugin ") < text.index("\nlistener "), "the plugin stands before every listener")
    t.check(not re.search(r"^[^#\n]+ #", text, re.M), "no comment stands behind a value")
    check_listeners(where, "")
    service = settings(where + "/muster.conf")
    t.equal([service.get(key) for key in ("mode", "broker_host", "broker_port", "broker_username", "broker_password_file")],
            ["gated", "127.0.0.1", "11883", "_muster", "service.key"], "muster.conf")
    for line in ("11883 on 127.0.0.1 ", "18884 on every address ", "18883 on every address "):
        t.check(line in done.stdout, "init prints the sockets", done.stdout)
    t.equal(run([program("musterd"), "--config", where + "/muster.conf", "--test-config"]).returncode, 0, "musterd takes it")
    shown = run(["openssl", "x509", "-in", where + "/service.pem", "-noout", "-subject", "-ext", "subjectAltName,extendedKeyUsage"]).stdout
    t.check("Service-muster" in shown and "URI:urn:muster:_service" in shown and "Web Client" in shown, "the service's certificate", shown)
    checked = run(["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", where + "/ca.pem", where + "/service.pem"])
    t.equal(checked.returncode, 0, "is from the authority")
    authority_with_a_root(where, done)
    broker_takes_every_option(where)


def verify(*words):
    return run(["openssl", "verify", "-x509_strict", *words]).returncode


def authority_with_a_root(where, done):
    """Who knows the root alone can verify broker and service by what they send; the list is there and empty."""
    for name, purpose in (("server.pem", "sslserver"), ("service.pem", "sslclient")):
        file = where + "/" + name
        t.equal(verify("-purpose", purpose, "-CAfile", where + "/root.pem", "-untrusted", file, file), 0, name + " has its chain")
        t.equal(verify("-crl_check", "-CAfile", where + "/ca.pem", "-CRLfile", where + "/crl.pem", file), 0, name + " is not on the list")
    shown = run(["openssl", "crl", "-in", where + "/crl.pem", "-noout", "-text"]).stdout
    t.check("No Revoked Certificates" in shown and "Muster Issuing CA" in shown, "the first list", shown)
    t.check(re.search(r"CRL Number: ?\s*1\s*\n", shown), "has the number 1", shown)
    t.check("  mv %s/root.key " % where in done.stdout, "init says where the root's key belongs", done.stdout)
    before = contents(where)
    os.rename(where + "/root.key", where + "/../away.key")
    again = init(os.path.dirname(where) + "/bin/musterctl", where)
    t.check(again.returncode == 0 and "root.key" not in again.stdout and "nothing was changed" in again.stdout,
            "without it, all goes on", again)
    t.check(not os.path.exists(where + "/root.key"), "and nothing is made in its place")
    os.rename(where + "/../away.key", where + "/root.key")
    t.equal(contents(where), before, "the rest is as it was")


def check_listeners(where, address):
    found = listeners(where)
    t.equal([name for name, _ in found], ["11883 127.0.0.1", "18884" + address, "18883" + address], "three listeners")
    for name, options in found:
        t.equal((options["max_qos"], options["max_topic_alias"]), ("1", "0"), name + ": QoS and aliases")
        secure = {key: options[key] for key in ("certfile", "keyfile", "tls_version") if key in options}
        wanted = {"certfile": where + "/server.pem", "keyfile": where + "/server.key", "tls_version": "tlsv1.2"}
        t.equal(secure, {} if name.startswith("11883") else wanted, name + ": TLS")
        t.equal([options.get(key) for key in ("require_certificate", "cafile", "crlfile", "use_identity_as_username")],
                {"11883": [None] * 4, "18884": ["false", None, None, None],
                 "18883": ["true", where + "/ca.pem", where + "/crl.pem", "false"]}[name[:5]], name + ": certificates")


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def broker_takes_every_option(where):
    """But for the plugin, which is none here: an unknown option would end it."""
    ports = free_ports(3)
    text = re.sub(r"^plugin.*\n", "", read(where + "/mosquitto.conf"), flags=re.M)
    for old, new in zip(("11883", "18884", "18883"), ports):
        text = re.sub(r"listener %s.*" % old, "listener %d 127.0.0.1" % new, text)
    with open(where + "/try.conf", "w", encoding="utf-8") as file:
        file.write(text)
    broker = start(["mosquitto", "-c", where + "/try.conf"], where + "/try.log")
    try:
        t.check(wait_for(lambda: all(is_open(port) for port in ports), 5), "mosquitto takes every line", read(where + "/try.log"))
    finally:
        end(broker)
    t.check(not re.search("Warning|Error|deprecated", read(where + "/try.log")), "and warns of none", read(where + "/try.log"))


def where_the_plugin_is():
    _, ctl = installed(where="build", gate="build")
    base = os.path.dirname(os.path.dirname(ctl))
    init(ctl, base + "/new")
    t.equal(settings(base + "/new/mosquitto.conf")["plugin"], base + "/build/muster_gate.so", "beside the program")
    _, ctl = installed(gate=None)
    base = os.path.dirname(os.path.dirname(ctl))
    done = init(ctl, base + "/new")
    t.check(done.returncode == 1 and "muster_gate.so" in done.stderr and "mend:" in done.stderr, "nowhere: init fails", done)
    t.check(not os.path.exists(base + "/new"), "and makes nothing")
    t.equal(init(ctl, base + "/new", "--open").returncode, 0, "open mode needs none")


def names_and_addresses():
    base, ctl = installed()
    t.equal(init(ctl, base + "/a", "--bind", "127.0.0.1").returncode, 0, "--bind")
    check_listeners(base + "/a", " 127.0.0.1")
    t.equal(init(ctl, base + "/b", "--bind=::1").returncode, 0, "--bind takes IPv6")
    check_listeners(base + "/b", " ::1")
    names = ["--server-name", "mqtt.example", "--server-name", "192.0.2.7", "--server-name", "LOCALHOST", "--server-name=2001:db8::7"]
    t.equal(init(ctl, base + "/c", *names).returncode, 0, "--server-name")
    shown = run(["openssl", "x509", "-in", base + "/c/server.pem", "-noout", "-ext", "subjectAltName"]).stdout
    for part in ("DNS:localhost,", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1", "DNS:mqtt.example", "IP Address:192.0.2.7",
                 "IP Address:2001:DB8:0:0:0:0:0:7", ("DNS:" + os.uname().nodename)):
        t.check(part in shown, "the broker is " + part, shown)
    t.equal(shown.lower().count("localhost"), 1, "no name stands twice")
    for words, part in ((["--bind", "localhost"], "localhost"), (["--bind", "256.1.1.1"], "256.1.1.1"), (["--bind", ""], "--bind"),
                        (["--open", "--bind", "127.0.0.1"], "open mode"), (["--server-name", "a b"], "a b"),
                        (["--server-name", ""], "--server-name"), (["--server-name", "a\nb"], "--server-name"),
                        (["--server-name", "1:2"], "1:2"), (["--server-name", "x" * 300], "--server-name"),
                        (["--server-name=n%d" % n for n in range(17)], "16")):
        done = init(ctl, base + "/d", *words)
        t.check(done.returncode == 2 and part in done.stderr and "mend:" in done.stderr, "init %s is exit code 2" % words[:3], done)
    t.check(not os.path.exists(base + "/d"), "and nothing is made")


# --- who may read what ------------------------------------------------------------------------------------------------

READABLE = {"muster.db", "muster.db-wal", "muster.db-shm", "server.key", "server.pem", "ca.pem", "mosquitto.conf"}
PUBLIC = {"root.pem", "crl.pem"}  # written anew by whoever made them; the folder keeps strangers out


def rights_of_the_broker():
    base, ctl = installed()
    where = base + "/new"
    done = init(ctl, where)
    if not ROOT_USER or BROKER is None:
        t.check("musterctl init did not run as root" in done.stdout or "there is no user mosquitto" in done.stdout,
                "the broker is the owner, and init says why", done.stdout)
        return
    check_rights(where, done)
    for name in ("server.pem", "server.key"):  # made anew, they have to be opened anew
        os.remove(os.path.join(where, name))
    os.chmod(where + "/muster.db", 0o600)
    done = init(ctl, where)
    t.check(done.returncode == 0 and "nothing was changed" not in done.stdout, "what was lost is made", done)
    check_rights(where)
    t.check("nothing was changed" in init(ctl, where).stdout, "then everything is there")


def check_rights(where, done=None):
    t.check(done is None or "The broker runs as the user mosquitto" in done.stdout, "init says who the broker is", done)
    t.equal(settings(where + "/mosquitto.conf")["user"], "mosquitto", "and so does mosquitto.conf")
    for name in sorted(os.listdir(where)):
        st = os.stat(os.path.join(where, name))
        wanted = (BROKER.pw_gid, 0o640) if name in READABLE else (0, 0o644) if name in PUBLIC else (0, 0o600)
        if not name.startswith("try."):
            t.equal((st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)), (0,) + wanted, name)
    st = os.stat(where)
    t.equal((st.st_gid, stat.S_IMODE(st.st_mode)), (BROKER.pw_gid, 0o750), "the folder")
    as_broker = ["setpriv", "--reuid", "mosquitto", "--regid", "mosquitto", "--clear-groups"]
    for name, code in (("server.key", 0), ("muster.db", 0), ("crl.pem", 0), ("root.key", 1), ("ca.key", 1), ("service.key", 1), ("service-tls.key", 1), ("admin.key", 1), ("seal.key", 1),
                       ("provisioning.key", 1), ("muster.conf", 1)):
        t.equal(run(as_broker + ["cat", os.path.join(where, name)], text=False).returncode, code, "the broker reads " + name)


def out_of_reach():
    """What the user mosquitto cannot come to stays with the owner, and both say why."""
    if not ROOT_USER or BROKER is None:
        print("# not root, or no user mosquitto")
        return
    base, ctl = installed()
    closed = base + "/closed"
    os.mkdir(closed, 0o700)
    hidden, hidden_ctl = installed(where="build", gate="build")
    os.chmod(hidden + "/build/muster_gate.so", 0o600)
    for what, done, where, part in (
            ("a folder above", init(ctl, closed + "/new"), closed + "/new", closed),
            ("the plugin", init(hidden_ctl, hidden + "/new"), hidden + "/new", hidden + "/build/muster_gate.so")):
        t.check("The broker runs as the user root, since the user mosquitto may not look into " + part in done.stdout, what, done.stdout)
        text = read(where + "/mosquitto.conf")
        t.check("\nuser root\n" in text and part in text.split("\nuser root")[0], what + ": mosquitto.conf says why", text[:600])
        modes = {name: stat.S_IMODE(os.stat(os.path.join(where, name)).st_mode) & 0o077 for name in os.listdir(where)}
        t.equal({name for name, mode in modes.items() if mode} - {"server.pem", "ca.pem", "service.pem"} - PUBLIC, set(), what + ": all stays the owner's")
    again = init(ctl, closed + "/new")
    os.chmod(closed, 0o755)
    t.check("nothing was changed" in again.stdout and "nothing was changed" in init(ctl, closed + "/new").stdout,
            "what mosquitto.conf says stays")


def reads(path):
    """What a user who may not write reads from the database: rows, or the error."""
    done = run(["setpriv", "--reuid", "mosquitto", "--regid", "mosquitto", "--clear-groups", "sqlite3",
                "file:%s?mode=ro" % path, "SELECT count(*) FROM operator"])
    return done.stdout.strip() or done.stderr.strip()


def database_stays_readable():
    """-wal and -shm outlive the service, however it ends, and keep the group and the mode of the database."""
    if not ROOT_USER or BROKER is None:
        print("# not root, or no user mosquitto")
        return
    with Stack(go=False) as stack:
        os.chmod(stack.directory, 0o750)
        os.chown(stack.directory, 0, BROKER.pw_gid)
        for suffix in ("", "-wal", "-shm"):
            os.chown(stack.database + suffix, 0, BROKER.pw_gid)
            os.chmod(stack.database + suffix, 0o640)
        t.equal(reads(stack.database), "2", "before the service ran")
        stack.start_broker()
        for turn in ("first", "next", "after a kill"):
            stack.start_service()
            wait_for(stack.answers, 12)
            t.equal(reads(stack.database), "2", "while it runs, " + turn)
            end(stack.service) if turn == "first" else stack.kill_service()
            t.equal(reads(stack.database), "2", "after it ended, " + turn)
        for suffix in ("-wal", "-shm"):
            os.remove(stack.database + suffix)
        stack.start_service()
        stack.wait_ready()
        t.equal(reads(stack.database), "2", "after they were lost, and the service made them")
        for suffix in ("", "-wal", "-shm"):
            st = os.stat(stack.database + suffix)
            t.equal((st.st_gid, stat.S_IMODE(st.st_mode)), (BROKER.pw_gid, 0o640), "muster.db" + suffix)


# --- again ------------------------------------------------------------------------------------------------------------

def contents(where):
    return {name: hashlib.sha256(open(os.path.join(where, name), "rb").read()).hexdigest() for name in os.listdir(where)
            if not name.startswith("muster.db")}


def a_new_service_key():
    """The broker learns its hash; ports and limits that somebody set stay."""
    base, ctl = installed()
    where = base + "/new"
    init(ctl, where)
    changed = read(where + "/mosquitto.conf").replace("18884\n", "28884 127.0.0.1\n").replace("max_keepalive 300", "max_keepalive 200")
    with open(where + "/mosquitto.conf", "w", encoding="utf-8") as file:
        file.write(changed)
    before = contents(where)
    t.check("nothing was changed" in init(ctl, where).stdout and contents(where) == before, "a changed mosquitto.conf is kept")
    os.remove(where + "/service.key")
    done = init(ctl, where)
    old, new = changed.splitlines(), read(where + "/mosquitto.conf").splitlines()
    differ = [(a, b) for a, b in zip(old, new) if a != b]
    t.check(done.returncode == 0 and len(old) == len(new) and len(differ) == 1 and
            all(line.startswith("plugin_opt_service_hash ") for line in differ[0]), "a new key changes one line", differ, done)
    with open(where + "/service.key", "w", encoding="utf-8") as file:
        file.write("no key\n")
    done = init(ctl, where)
    t.check(done.returncode == 3 and "service.key" in done.stderr and "mend:" in done.stderr, "a broken key is told", done)
    os.remove(where + "/service.key")
    with open(where + "/mosquitto.conf", "w", encoding="utf-8") as file:
        file.write(re.sub("plugin_opt_service_hash.*", "plugin_opt_service_hash none", changed))
    done = init(ctl, where)
    t.check(done.returncode == 3 and "mosquitto.conf" in done.stderr and "mend:" in done.stderr, "and so is a line with no hash", done)


def open_folder_is_kept():
    """A folder of before the gate: open mode, no key of the service, -wal and -shm gone."""
    base, ctl = installed(gate=None)  # not even a plugin is needed
    where = base + "/old"
    t.equal(init(ctl, where, "--open").returncode, 0, "init --open")
    text = re.sub("(?m)^#?(broker_ca|broker_cert|broker_key|broker_user|broker_password).*\n", "", read(where + "/muster.conf"))
    with open(where + "/muster.conf", "w", encoding="utf-8") as file:
        file.write(text)
    t.check("service.key" not in os.listdir(where) and "plugin" not in read(where + "/mosquitto.conf"), "no gate")
    t.equal([name for name, _ in listeners(where)], ["11883 127.0.0.1", "18884 127.0.0.1", "18883 127.0.0.1"], "all on loopback")
    sqlite3.connect(where + "/muster.db").execute("SELECT * FROM device").fetchall()
    before = contents(where)
    for more in ([], ["--open"]):
        done = init(ctl, where, *more)
        t.check(done.returncode == 0 and "nothing was changed" in done.stdout, "init again %s" % more, done)
        t.equal(contents(where), before, "changes nothing")
    made = json.loads(init(ctl, where, "--json").stdout)
    t.equal((made["mode"], [step for step in made["steps"] if step["made"]]), ("open", []), "as JSON")
    t.equal(run([program("musterd"), "--config", where + "/muster.conf", "--test-config"]).returncode, 0, "musterd takes it")


def modes_are_not_mixed():
    base, ctl = installed()
    t.equal((init(ctl, base + "/gated").returncode, init(ctl, base + "/open", "--open").returncode), (0, 0), "two folders")
    done = init(ctl, base + "/gated", "--open")
    t.check(done.returncode == 7 and "gated" in done.stderr and "mend:" in done.stderr, "a gated folder does not become open", done)
    for where, more in (("/gated", ["--open"]), ("/open", [])):  # an init that was interrupted before muster.conf
        os.remove(base + where + "/muster.conf")
        done = init(ctl, base + where, *more)
        t.check(done.returncode == 3 and "another mode" in done.stderr and "mend:" in done.stderr, "nor a half-made one", done)
    os.remove(base + "/open/mosquitto.conf")
    t.equal(init(ctl, base + "/open").returncode, 0, "without it, it goes behind the gate")
    t.check(os.path.exists(base + "/open/service.key"), "with a key for the service")


def to_the_gate():
    """A folder of before goes behind the gate: the mode is changed, the broker's configuration removed."""
    base, ctl = installed()
    where = base + "/old"
    init(ctl, where, "--open")
    before = {name: read(os.path.join(where, name)) for name in ("ca.pem", "server.pem", "admin.key", "provisioning.key")}
    text = read(where + "/muster.conf").replace("\nmode open\n", "\nmode gated\n")
    with open(where + "/muster.conf", "w", encoding="utf-8") as file:
        file.write(text)
    os.remove(where + "/mosquitto.conf")
    t.equal(init(ctl, where).returncode, 0, "init")
    t.equal({name: read(os.path.join(where, name)) for name in before}, before, "devices and operators notice nothing")
    t.check("plugin " in read(where + "/mosquitto.conf") and read(where + "/service.key").startswith("msk_"), "but the gate is there")
    t.equal(read(where + "/muster.conf"), text, "muster.conf is as it was")


def folder_of_an_older_version():
    """An authority that is its own root, and a broker that reads no list: both are kept, and the list is put in."""
    base, ctl = installed()
    where = base + "/old"
    os.mkdir(where, 0o700)
    with open(where + "/muster.conf", "w", encoding="utf-8") as file:
        file.write("broker_port 11883\nca_root_certificate_file\nca_root_key_file\n")
    done = init(ctl, where)
    t.check(done.returncode == 0, "without a root", done)
    with open(where + "/muster.conf", "w", encoding="utf-8") as file:
        file.write("broker_port 11883\n")
    text = read(where + "/mosquitto.conf")
    line = "crlfile %s/crl.pem\n" % where
    t.equal(text.count(line), 1, "one list")
    with open(where + "/mosquitto.conf", "w", encoding="utf-8") as file:
        file.write(text.replace(line, ""))
    os.remove(where + "/crl.pem")
    before = {name: read(os.path.join(where, name)) for name in ("ca.pem", "ca.key", "server.pem", "service.pem", "muster.conf")}
    t.equal(before["ca.pem"].count("BEGIN"), 1, "one certificate")
    done = init(ctl, where)
    t.check(done.returncode == 0 and "root.pem" not in done.stdout and "root.key" not in done.stdout, "init", done)
    t.equal({name: read(os.path.join(where, name)) for name in before}, before, "keeps what is there")
    t.check(not os.path.exists(where + "/root.pem") and not os.path.exists(where + "/root.key"), "makes no root")
    t.equal(read(where + "/mosquitto.conf"), text, "puts the list where it belongs")
    t.equal(verify("-crl_check", "-CAfile", where + "/ca.pem", "-CRLfile", where + "/crl.pem", where + "/service.pem"), 0, "which is good")
    t.check("nothing was changed" in init(ctl, where).stdout, "then everything is there")


def ports_of_an_old_folder():
    """A broker's configuration that is made again listens where muster.conf says that the service connects."""
    base, ctl = installed()
    where = base + "/old"
    init(ctl, where)
    os.remove(where + "/mosquitto.conf")
    before = contents(where)
    done = run([ctl, "init", "--dir", where, "--plain-port", "1999"])
    t.check(done.returncode == 7 and "--plain-port 1999" in done.stderr and "mend:" in done.stderr, "another port", done)
    t.equal(contents(where), before, "which changes nothing")
    t.equal(run([ctl, "init", "--dir", where, "--bind", "127.0.0.1"]).returncode, 0, "none")
    t.equal([name for name, _ in listeners(where)], ["11883 127.0.0.1", "8884 127.0.0.1", "8883 127.0.0.1"], "its port is kept")
    done = run([ctl, "init", "--dir", base + "/none", "--plain-port", "70000"])
    t.check(done.returncode == 2 and not os.path.exists(base + "/none"), "a port that cannot be leaves no folder", done)


# --- TLS --------------------------------------------------------------------------------------------------------------

def tls_to_the_broker():
    """Service and musterctl through the TLS listeners, in open mode: the CA must fit, and the name, and the certificate."""
    with Stack(go=False) as stack:
        conf = re.sub("(?m)^broker_(host|port) .*\n", "", read(stack.path("muster.conf")))

        def go_by(*lines):
            with open(stack.path("muster.conf"), "w", encoding="utf-8") as file:
                file.write(conf + "".join(line + "\n" for line in lines))

        go_by("broker_host localhost", "broker_port %d" % stack.tls, "broker_ca_file ca.pem")
        stack.start_broker()
        stack.start_service()
        t.check(wait_for(lambda: stack.ctl("status").returncode == 0, 15), "over TLS", stack.log(), stack.ctl("status"))
        log = read(stack.path("broker.log"))
        for name in ("_muster-subscriber", "_muster-publisher", "musterctl-"):
            t.check(re.search(r"as %s" % name, log) and not re.search(r"\d:\d+ as %s\S* \(p4" % name, log), name + " connects", log[-600:])
        t.check(len(re.findall("on port %d" % stack.tls, log)) >= 3 and "on port %d." % stack.plain not in log.split("_muster-", 1)[1],
                "all of them to the TLS port")
        other = Stack(go=False)
        for what, lines, part in (
                ("another CA", ["broker_host localhost", "broker_ca_file %s" % other.path("ca.pem")], "verify failed"),
                ("another name", ["broker_host 127.0.0.2", "broker_ca_file ca.pem"], "")):
            go_by("broker_port %d" % stack.tls, *lines)
            done = stack.ctl("status")
            t.check(done.returncode == 4 and part in done.stderr, what + " is no broker", done)
        go_by("broker_host 127.0.0.1", "broker_port %d" % stack.tls, "broker_ca_file ca.pem")
        t.equal(stack.ctl("status").returncode, 0, "the address is a name of the broker, too")
        go_by("broker_host localhost", "broker_port %d" % stack.mtls, "broker_ca_file ca.pem")
        t.equal(stack.ctl("status").returncode, 4, "mutual TLS without a certificate")
        _, ctl = installed()
        gated = os.path.join(os.path.dirname(os.path.dirname(ctl)), "new")
        os.mkdir(gated, 0o700)
        for name in ("ca.pem", "ca.key"):  # the same authority
            shutil.copy(stack.path(name), gated)
        t.equal(init(ctl, gated).returncode, 0, "init takes up an authority that is there")
        go_by("broker_host localhost", "broker_port %d" % stack.mtls, "broker_ca_file ca.pem",
              "broker_certificate_file %s/service.pem" % gated, "broker_key_file %s/service-tls.key" % gated)
        t.equal(stack.ctl("status").returncode, 4, "an operator does not show the service's certificate")
        stack.restart_service()
        t.check(wait_for(lambda: re.search(r"on port %d\..*\n(.*\n)*.*as _muster-publisher" % stack.mtls,
                                           read(stack.path("broker.log"))), 10), "the service does", stack.log())


def no_secret_in_a_payload():
    """Behind the gate the login says who asks."""
    with Stack(go=False) as stack:
        stack.start_broker()
        log = stack.path("requests.log")
        out = open(log, "wb")
        start(["mosquitto_sub", "-p", str(stack.plain), "-t", "muster/v1/admin/+/+/+", "-v"], stdout=out)
        time.sleep(0.5)
        for mode, there in (("open", True), ("gated", False)):
            where = folder()
            for name in ("muster.conf", "admin.key"):
                with open(where + "/" + name, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                    file.write(read(stack.path(name)).replace("\nmode open\n", "\nmode %s\n" % mode))
            asking = subprocess.Popen([CTL, "--dir", where, "status"], stderr=subprocess.DEVNULL)
            t.check(wait_for(lambda: "/stats/overview {" in read(log), 5), "musterctl asks in mode " + mode)
            end(asking)
            t.equal("operatorKey" in read(log), there, "the key is in the payload in mode " + mode)
            out.truncate(0)
            out.seek(0)


t.run(gated_folder, where_the_plugin_is, names_and_addresses, rights_of_the_broker, out_of_reach, database_stays_readable,
      a_new_service_key, open_folder_is_kept, modes_are_not_mixed, to_the_gate, folder_of_an_older_version,
      ports_of_an_old_folder,
      tls_to_the_broker, no_secret_in_a_payload)
