"""A relay between MQTT clients and a broker, which can hold packets of one kind back."""
import socket
import threading

from packets import whole


def close(*sockets):
    """Also wakes who waits for them."""
    for each in sockets:
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        each.close()


class Relay:
    """Clients of the broker connect to `port`; their packets of the kind wait for release()."""

    def __init__(self, broker, kind):
        self.broker, self.kind = broker, kind
        self.passed = []  # what the broker was told, packet by packet
        self.holding, self.released = threading.Event(), threading.Event()
        self.listener, self.sockets = socket.create_server(("127.0.0.1", 0)), []
        self.port = self.listener.getsockname()[1]
        self.begin(self.accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.release()
        close(self.listener, *self.sockets)

    def release(self):
        self.released.set()

    @staticmethod
    def begin(target, *arguments):
        threading.Thread(target=target, args=arguments, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
                broker = socket.create_connection(("127.0.0.1", self.broker))
            except OSError:
                return
            self.sockets += [client, broker]
            self.begin(self.carry, client, broker, self.ask)
            self.begin(self.carry, broker, client, lambda packet: None)

    def ask(self, packet):
        """Returns when the broker may be told this packet."""
        if packet[0] >> 4 == self.kind:
            self.holding.set()
            self.released.wait()
        self.passed.append(packet)

    @staticmethod
    def carry(source, target, ask):
        buffer = b""
        try:
            while more := source.recv(65536):
                buffer += more
                while length := sum(whole(buffer)):
                    ask(buffer[:length])
                    target.sendall(buffer[:length])
                    buffer = buffer[length:]
        except OSError:
            pass  # either of them has gone
        close(source, target)
