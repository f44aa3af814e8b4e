#!/usr/bin/python3
"""A broker that takes a connection and says no more: the service does not wait for it for ever."""
import socket
import threading
import time

from muster import Checks, Stack, end, wait_for

t = Checks()
CONNACK = bytes([0x20, 3, 0, 0, 0])  # MQTT 5.0, 3.2: accepted


class Mute:
    """Listens on a port, accepts every login, and answers nothing else."""

    def __init__(self, port):
        self.times, self.kept = [], []
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.greet, args=(peer,), daemon=True).start()

    def greet(self, peer):
        self.kept.append(peer)
        if peer.recv(65536)[:1] == b"\x10":  # CONNECT
            self.times.append(time.monotonic())
            peer.sendall(CONNACK)

    def close(self):
        self.listener.close()
        for peer in self.kept:
            peer.close()


def a_mute_broker():
    with Stack(go=False) as stack:
        mute = Mute(stack.plain)
        stack.start_service()
        t.check(wait_for(lambda: len(mute.times) >= 2, 10), "both connections log in", stack.log())
        t.check(wait_for(lambda: len(mute.times) >= 3, 25), "and the one that subscribes again, for nothing was answered", stack.log())
        t.check(14 < mute.times[2] - mute.times[0] < 20, "after fifteen seconds", mute.times)
        t.check("the attempt had no outcome" in stack.log(), "the log has it", stack.log())
        mute.close()
        stack.start_broker()
        t.check(wait_for(lambda: stack.answers(0.5), 40), "a broker in its place is served", stack.log())
        end(stack.service)


t.run(a_mute_broker)
