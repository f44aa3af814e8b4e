"""One MQTT connection over TCP or TLS, packet by packet, with nothing but the standard library."""
import socket
import ssl
import struct
import time
import warnings

from packets import (AUTH, CONNACK, DISCONNECT, MQTT5, PINGREQ, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK,
                     SUBSCRIBE, UNSUBACK, UNSUBSCRIBE, Packet, connect_packet, list_packet, packet, publish_packet,
                     reason_packet, whole)

TLS, CLOSED, NOBODY = "tls", "closed", "nobody"  # what Wire.connect says when there is no CONNACK


class Tls:
    """Whom to believe, who we are, which versions (ssl.TLSVersion). Keep it to resume one of its sessions."""

    def __init__(self, ca, certificate=None, key=None, least=None, most=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(ca)
        if certificate:
            self.context.load_cert_chain(certificate, key)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that old versions are old
            if most is not None and most < ssl.TLSVersion.TLSv1_2:
                self.context.set_ciphers("ALL:@SECLEVEL=0")
            self.context.minimum_version = least or ssl.TLSVersion.MINIMUM_SUPPORTED
            self.context.maximum_version = most or ssl.TLSVersion.MAXIMUM_SUPPORTED


class Wire:
    """One connection. `heard` keeps the PUBLISH packets in their order; QoS 1 ones are acknowledged at once."""

    def __init__(self, port, tls=None, session=None, host="127.0.0.1", seconds=10):
        self.port, self.tls, self.resume, self.host, self.seconds = port, tls, session, host, seconds
        self.sock, self.buffer, self.heard, self.number = None, b"", [], 0
        self.protocol, self.closed, self.why, self.reason, self.connack = MQTT5, False, "", None, None
        self.unsent = ""

    def open(self):
        """None, or NOBODY or TLS with `why`."""
        try:
            self.sock = socket.create_connection((self.host, self.port), self.seconds)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                self.sock = self.tls.context.wrap_socket(self.sock, server_hostname="localhost", session=self.resume)
        except OSError as error:  # an ssl.SSLError is one
            self.closed, self.why = True, str(error)
            return NOBODY if isinstance(error, ConnectionRefusedError) else TLS
        return None

    def connect(self, client_id, username=None, password=None, **more):
        """The code of the CONNACK, or CLOSED, TLS or NOBODY."""
        self.protocol = more.get("protocol", MQTT5)
        failed = self.open() if self.sock is None else None
        if failed:
            return failed
        self.send(connect_packet(client_id, username, password, **more))
        self.connack = self.wait(CONNACK)
        if self.connack is None:
            return TLS if "ALERT" in self.why.upper() else CLOSED
        return self.connack.reason

    @property
    def session(self):
        return self.sock.session

    def send(self, raw):
        try:
            self.sock.sendall(raw)
        except OSError as error:
            self.unsent = str(error)  # reading tells why: an alert may be waiting there

    def lose(self, why=""):
        self.closed, self.why = True, str(why)

    def take(self):
        """One whole packet of the buffer, or None."""
        header, body = whole(self.buffer)
        if header == 0:
            return None
        found = Packet(self.protocol, self.buffer[0], self.buffer[header:header + body])
        self.buffer = self.buffer[header + body:]
        return found

    def next(self, seconds):
        """The next packet, or None when the time is over or the connection has ended."""
        limit = time.monotonic() + seconds
        while True:
            found = self.take()
            if found is not None or self.closed:
                return self.keep(found)
            try:
                self.sock.settimeout(max(0.001, limit - time.monotonic()))
                more = self.sock.recv(65536)
                self.buffer += more
                if not more:
                    self.lose("end of file")
            except (TimeoutError, ssl.SSLWantReadError):
                if time.monotonic() >= limit:
                    return None
            except OSError as error:
                self.lose(error)
            finally:
                if not self.closed:
                    self.sock.settimeout(self.seconds)

    def keep(self, found):
        if found is not None and found.kind == PUBLISH:
            self.heard.append(found)
            if found.qos == 1:
                self.send(packet(PUBACK, 0, struct.pack(">H", found.number)))
        if found is not None and found.kind == DISCONNECT:
            self.reason = found.reason
        return found

    def wait(self, kind, number=None, seconds=None):
        """The packet of that kind (and number); None when there is none."""
        limit = time.monotonic() + (self.seconds if seconds is None else seconds)
        while True:
            found = self.next(max(0, limit - time.monotonic()))
            if found is None or (found.kind == kind and number in (None, found.number)):
                return found

    def _number(self):
        self.number = self.number % 65535 + 1
        return self.number

    def publish(self, topic, payload=b"", qos=1, retain=False, dup=False, **properties):
        """The reason code of the acknowledgement; None when there is none (QoS 0, or closed: then `reason` is why)."""
        number = self._number() if qos else 0
        self.send(publish_packet(self.protocol, topic, payload, qos, retain, dup, number, properties))
        if qos == 0:
            return None
        found = self.wait(PUBACK if qos == 1 else PUBREC, number)
        if found is not None and qos == 2 and found.reason < 0x80:
            self.send(packet(PUBREL, 2, struct.pack(">H", number)))
            found = self.wait(PUBCOMP, number)
        return found.reason if found is not None else None

    def subscribe(self, *filters, qos=1):
        """The code, with several filters the list of codes; None when there is no SUBACK."""
        number = self._number()
        self.send(list_packet(SUBSCRIBE, self.protocol, number, filters, qos))
        found = self.wait(SUBACK, number)
        return None if found is None or not found.codes else found.codes if len(filters) > 1 else found.codes[0]

    def unsubscribe(self, *filters):
        """The list of codes ([] before MQTT 5), or None."""
        number = self._number()
        self.send(list_packet(UNSUBSCRIBE, self.protocol, number, filters))
        found = self.wait(UNSUBACK, number)
        return None if found is None else found.codes

    def ping(self, seconds=None):
        """Whether the broker answers; what it had sent before is then in `heard`."""
        self.send(packet(PINGREQ, 0, b""))
        return self.wait(PINGRESP, seconds=seconds) is not None

    def receive(self, seconds=0.0):
        """What was heard since the last time, within the seconds."""
        limit = time.monotonic() + seconds
        while self.next(max(0, limit - time.monotonic())) is not None:
            pass
        heard, self.heard = self.heard, []
        return heard

    def is_closed(self, seconds=0.0):
        limit = time.monotonic() + seconds
        while not self.closed and (self.next(max(0, limit - time.monotonic())) is not None or time.monotonic() < limit):
            pass
        return self.closed

    def auth(self, reason=0x18, **properties):
        self.send(reason_packet(AUTH, self.protocol, reason, properties))

    def disconnect(self, reason=0, **properties):
        self.send(reason_packet(DISCONNECT, self.protocol, reason, properties))
        self.drop()

    def drop(self):
        """Closes without a word: the broker publishes the will."""
        self.closed = True
        if self.sock is not None:
            self.sock.close()
