#!/usr/bin/python3
"""What a tired operator, a greedy client and a stranger on the machine do to the gate."""
import json
import os
import pwd
import re
import shutil
import signal
import socket
import sqlite3
import sys
import time

from gated import GatedStack, Refused, ask
from muster import SLOW, Checks, end, free_ports, read, start, wait_for
from packets import SUBSCRIBE, connect_packet
from relay import Relay

DEVICE = "muster/v1/device/"
t = Checks()


def is_refused(login, what):
    try:
        login()
        t.check(False, what + " is refused")
    except Refused:
        t.check(True, what + " is refused")


def lives(wire, what):
    return t.check(wire.ping(), what + " lives on", wire.why)


def ends(wire, what, seconds=3):
    return t.check(wire.is_closed(seconds), what + " is closed")


def sighup_with_kept_sessions():
    """mosquitto asks for the sessions of who is away, too; they expire once, and nobody is called a liar."""
    with GatedStack() as stack:
        stack.enrol("kept")
        live = stack.device("kept", "~live")
        for number in range(3):
            for wire in (stack.claim("claim-%d" % number, clean=False, properties={"session_expiry": 3}),
                         stack.device("kept", "~%d" % number, clean=False, properties={"session_expiry": 3}),
                         stack.operator("op-%d" % number, clean=False, properties={"session_expiry": 3})):
                wire.drop()
        time.sleep(0.3)
        for _ in range(3):
            stack.broker.send_signal(signal.SIGHUP)
            time.sleep(0.3)
        refusals = stack.one("SELECT count(*) FROM audit WHERE action = 'refused'")
        t.equal(refusals, 0, "nobody was refused")
        time.sleep(6)
        t.check(stack.broker.poll() is None, "the broker lives when the sessions have expired", stack.broker.poll())
        lives(live, "who is connected")
        lives(stack.device("kept", "~new"), "a new login")


def restore_onto_the_same_file():
    """`cp backup muster.db` keeps the inode: the gate must not go on reading what was unlinked."""
    with GatedStack() as stack:
        stack.enrol("r-1")
        backup = stack.path("backup.db")
        source, target = sqlite3.connect("file:%s?mode=ro" % stack.database, uri=True), sqlite3.connect(backup)
        source.backup(target)
        source.close()
        target.close()
        stack.enrol("r-2")
        end(stack.service)
        for name in ("-wal", "-shm"):
            os.remove(stack.database + name)
        with open(backup, "rb") as source, open(stack.database, "r+b") as target:  # as cp does it
            target.truncate(0)
            shutil.copyfileobj(source, target)
        stack.start_service()
        stack.wait_ready()
        is_refused(lambda: stack.device("r-2"), "a device that the backup does not know")
        lives(stack.device("r-1"), "one that it knows")
        stack.ctl("device", "block", "r-1")
        is_refused(lambda: stack.device("r-1"), "once it is blocked it")


def late_subscribers():
    """What is retained reaches who comes late."""
    with GatedStack() as stack:
        stack.enrol("s-1")
        ask(stack.device("s-1"), DEVICE + "s-1/connect", {"session": "s"})
        time.sleep(0.5)
        late = stack.operator("late", stack.viewer, ["muster/v1/status/#", "muster/v1/service/state"])
        heard = {each.topic: json.loads(each.payload) for each in late.receive(1)}
        t.equal(heard.get("muster/v1/status/default/s-1", {}).get("status"), "online", "the status of a device")
        t.equal(heard.get("muster/v1/service/state", {}).get("online"), True, "the state of the service")
        end(stack.service)
        begun = time.monotonic()
        done = stack.ctl("status")
        t.check(done.returncode == 8 and "offline" in done.stderr, "musterctl says that the service is away", done,
                time.monotonic() - begun)


def keys_do_not_lock_each_other_out():
    """Whoever has a key fills no place but its own."""
    with GatedStack(broker=["plugin_opt_max_operators 8"]) as stack:
        crowd = [stack.operator("viewer-%d" % number, stack.viewer) for number in range(8)]
        lives(stack.operator("boss"), "an operator with another key than the crowd's")
        ends(crowd[0], "the most silent one of the crowd")
        lives(crowd[-1], "the last one of the crowd")
    with GatedStack(broker=["plugin_opt_max_per_device 3"], people=[lambda stack: setattr(stack, "other_key", stack.add_key())]) as stack:
        for number in range(3):
            stack.claim("victim", "~%d" % number)
        is_refused(lambda: stack.claim("victim", "~4"), "one more with the same key")
        lives(stack.claim("victim", key=stack.other_key), "the device with a key of its own")


def claims_are_bounded():
    """A claim that is only refused things is idle; one that waits for its answer is not; one that never acknowledges ends."""
    with GatedStack("rsa_pool 0", broker=["plugin_opt_provisioning_idle 5"]) as stack:
        chatty = stack.claim("chatty")
        begun = time.monotonic()
        while time.monotonic() - begun < 9 and not chatty.closed:
            chatty.publish("other/topic", b"x")
            time.sleep(0.5)
        ends(chatty, "who publishes nothing that is allowed", 1)
        waiting = [stack.claim("slow-%d" % number) for number in range(3)]
        for number, wire in enumerate(waiting):
            wire.publish(DEVICE + "slow-%d/provision" % number, json.dumps({"keyType": "rsa:4096"}))
        answered = 0
        deadline = time.monotonic() + 80 * SLOW
        while answered < len(waiting) and time.monotonic() < deadline:
            answered = sum(any(each.topic.endswith("accepted") for each in wire.heard) for wire in waiting)
            for wire in waiting:
                wire.next(0.1)
        t.equal(answered, len(waiting), "who waits longer than it may be silent gets its answer")
        greedy = stack.claim("greedy")
        for number in range(100):
            if greedy.closed or greedy.publish(DEVICE + "greedy/register", json.dumps({"requestId": "r"})) is None:
                break
        ends(greedy, "who has had more answers than anyone needs")


def first_use_while_the_service_is_away():
    """A device that an operator registered logs in while the service is down: nobody else can complete it afterwards.
    The service hears late: what it asks the gate before is answered to nobody."""
    with GatedStack() as stack, Relay(stack.plain, SUBSCRIBE) as relay:
        made = json.loads(stack.ctl("device", "create", "by-hand", "--json").stdout)
        stack.devices["by-hand"] = made
        end(stack.service)
        wire = stack.device("by-hand")
        stack.write("muster.conf", re.sub(r"(?m)^broker_port .*$", "broker_port %d" % relay.port, read(stack.path("muster.conf"))))
        stack.start_service()
        t.check(relay.holding.wait(10 * SLOW), "the service wants to subscribe", stack.log())
        t.check(wait_for(lambda: any(b"$CONTROL/muster/v1" in each for each in relay.passed), 10),
                "its other connection has talked to the gate", stack.log())
        time.sleep(1)  # for whatever more it tells the gate, and what the gate answers
        relay.release()
        stack.wait_ready()
        t.check(wait_for(lambda: stack.one("SELECT credential_used FROM device WHERE uuid = 'by-hand'") == 1, 10),
                "the service hears of the login when it is back")
        claim = stack.claim("by-hand", "~thief")
        answer = ask(claim, DEVICE + "by-hand/register", {"requestId": "x"})
        t.equal(answer and answer.code, "device_exists", "a claimant is too late")
        lives(wire, "the device")


def port_of_a_stranger():
    """Somebody else sits on the broker's port while it is down: nobody tells him anything."""
    if os.getuid() != 0:
        return
    with GatedStack(go=False) as stack:
        nobody = pwd.getpwnam("nobody").pw_uid
        heard = stack.path("heard")
        code = ("import socket,sys\ns=socket.socket();s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)\n"
                "s.bind(('127.0.0.1',%d));s.listen()\nprint('up',flush=True)\n"
                "while True:\n c,_=s.accept();c.settimeout(1)\n try: print(c.recv(4096),flush=True)\n except OSError: pass\n" % stack.plain)
        stranger = start(["setpriv", "--reuid", str(nobody), "--clear-groups", sys.executable, "-c", code], heard)
        t.check(wait_for(lambda: "up" in read(heard), 5), "a stranger listens")
        stack.start_service()
        t.check(wait_for(lambda: "broker_refused" in stack.log(), 5), "the service does not connect to him", stack.log())
        done = stack.ctl("status")
        t.check(done.returncode == 5 and "held by a process of user %d" % nobody in done.stderr, "nor does musterctl", done)
        t.check("msk_" not in read(heard) and "mok_" not in read(heard),
                "no key was told")
        end(stranger)
        stack.start_broker()
        stack.wait_ready(20)


def port_of_another_address():
    """Somebody else at the same port of another address is none of our business."""
    with GatedStack(go=False) as stack:
        code = "import socket,time\ns=socket.socket();s.bind(('127.0.0.2',%d));s.listen()\nprint('up',flush=True)\ntime.sleep(60)\n" % stack.plain
        nobody = ["setpriv", "--reuid", str(pwd.getpwnam("nobody").pw_uid), "--clear-groups"] if os.getuid() == 0 else []
        neighbour = start([*nobody, sys.executable, "-c", code], stack.path("heard"))
        t.check(wait_for(lambda: "up" in read(stack.path("heard")), 5), "a neighbour listens")
        stack.start_broker()
        stack.start_service()
        stack.wait_ready()
        t.equal(stack.ctl("status").returncode, 0, "musterctl next to a neighbour")
        end(neighbour)


def other_hosts_without_tls():
    """A key never goes to another machine in the clear."""
    with GatedStack(go=False) as stack:
        conf = stack.path("muster.conf")
        stack.write("muster.conf", re.sub(r"(?m)^broker_host .*$", "broker_host 192.0.2.1", read(conf)))
        done = stack.ctl("status")
        t.check(done.returncode == 3 and "mend: " in done.stderr, "musterctl to another host without TLS", done)


def websocket_frame(raw):
    """A binary frame of a client, masked with zeros (RFC 6455, 5.2)."""
    return bytes([0x82, 0xFE]) + len(raw).to_bytes(2, "big") + bytes(4) + raw


def websocket_while_reloading():
    """A listener for websockets that an operator added: mosquitto serves it later in a turn, after it has read its settings again."""
    port, = free_ports(1)
    with GatedStack(go=False) as stack:
        stack.write("mosquitto.conf", read(stack.path("mosquitto.conf")) + "\nlistener %d 127.0.0.1\nprotocol websockets\n" % port)
        stack.start_broker()
        stack.start_service()
        stack.wait_ready()
        for reload in (False, True, True, True, True, True):  # whether it falls into the reload is the broker's luck
            with socket.create_connection(("127.0.0.1", port), 5) as client:
                client.sendall(b"GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n"
                               b"Sec-WebSocket-Version: 13\r\n\r\n")
                client.settimeout(5)
                t.check(b" 101 " in client.recv(4096), "a websocket opens")
                if reload:
                    stack.broker.send_signal(signal.SIGSTOP)
                client.sendall(websocket_frame(connect_packet("anyone", "operator", "wrong")))
                if reload:
                    stack.broker.send_signal(signal.SIGHUP)
                    stack.broker.send_signal(signal.SIGCONT)
                try:
                    answer = client.recv(4096)
                except ConnectionError:
                    answer = b""
                accepted = answer[2:3] == b"\x20" and answer[5:6] == b"\0"  # CONNACK, reason code 0
                t.check(not accepted, "a login over it is refused%s" % (" during a reload" if reload else ""), answer)
        lives(stack.operator("boss"), "an operator without websockets")


t.run(sighup_with_kept_sessions, restore_onto_the_same_file, late_subscribers, keys_do_not_lock_each_other_out,
      claims_are_bounded, first_use_while_the_service_is_away, port_of_a_stranger, port_of_another_address, other_hosts_without_tls,
      websocket_while_reloading)
