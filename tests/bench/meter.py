"""A relay that counts what goes through it: octets that TCP carries, and segments as the kernel counts them."""
import socket
import struct
import threading

SEGMENT = 20 + 20 + 12  # octets of the headers of IPv4 and of TCP with timestamps
TCP_INFO_SEGMENTS = struct.Struct("=136x2I")  # tcpi_segs_out, tcpi_segs_in


class Relay:
    """Listens on a port of its own and passes on to `port`. One connection at a time is counted: the last."""

    def __init__(self, port):
        self.target, self.octets, self.packets, self.conns = port, 0, b"", 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.near = None
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.target))
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.near, self.octets, self.packets = near, 0, b""
            self.conns += 1
            for pair in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, come_from, goes_to, outward):
        try:
            while data := come_from.recv(65536):
                self.octets += len(data)
                self.packets += data if outward else b""
                goes_to.sendall(data)
        except OSError:
            pass
        for each in (come_from, goes_to):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def count(self):
        """Octets both ways, and segments both ways, of the connection so far."""
        info = self.near.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return self.octets, sum(TCP_INFO_SEGMENTS.unpack_from(info))

    def kinds(self):
        """How many MQTT packets of each type the device has sent, where TLS does not hide them."""
        found, at = {}, 0
        while at < len(self.packets):
            kind, size, shift, at = self.packets[at] >> 4, 0, 0, at + 1
            while True:
                octet, at = self.packets[at], at + 1
                size, shift = size | (octet & 127) << shift, shift + 7
                if octet < 128:
                    break
            found[kind], at = found.get(kind, 0) + 1, at + size
        return found
