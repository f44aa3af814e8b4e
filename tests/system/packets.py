"""Packets of MQTT 3.1, 3.1.1 and 5.0, built and read: what no client library lets a test say.

The builders check nothing; texts may be str or any bytes. wire.py sends them.
"""
import collections
import struct

(CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP,
 DISCONNECT, AUTH) = range(1, 16)
MQTT31, MQTT311, MQTT5 = 3, 4, 5

# MQTT 5, section 2.2.2.2: name -> (identifier, how it is written)
PROPERTIES = {
    "payload_format": (0x01, "byte"), "message_expiry": (0x02, "four"), "content_type": (0x03, "text"),
    "response_topic": (0x08, "text"), "correlation": (0x09, "binary"), "subscription_identifier": (0x0B, "variable"),
    "session_expiry": (0x11, "four"), "assigned_client_id": (0x12, "text"), "server_keep_alive": (0x13, "two"),
    "auth_method": (0x15, "text"), "auth_data": (0x16, "binary"), "request_problem": (0x17, "byte"),
    "will_delay": (0x18, "four"), "request_response": (0x19, "byte"), "response_information": (0x1A, "text"),
    "server_reference": (0x1C, "text"), "reason_string": (0x1F, "text"), "receive_maximum": (0x21, "two"),
    "topic_alias_maximum": (0x22, "two"), "topic_alias": (0x23, "two"), "maximum_qos": (0x24, "byte"),
    "retain_available": (0x25, "byte"), "user": (0x26, "pair"), "maximum_packet_size": (0x27, "four"),
    "wildcards": (0x28, "byte"), "identifiers": (0x29, "byte"), "shared": (0x2A, "byte")}
NAMES = {number: (name, kind) for name, (number, kind) in PROPERTIES.items()}
NUMBERS = {"byte": ">B", "two": ">H", "four": ">I"}

Will = collections.namedtuple("Will", "topic payload qos retain properties", defaults=(b"", 1, False, {}))


# --- writing ----------------------------------------------------------------------------------------------------------

def octets(text):
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)


def field(text):
    text = octets(text)
    return struct.pack(">H", len(text)) + text


def variable(number):
    out = b""
    while True:
        number, low = divmod(number, 128)
        out += bytes([low | (128 if number else 0)])
        if not number:
            return out


def one_property(name, value):
    number, kind = PROPERTIES[name]
    if kind == "pair":
        body = field(value[0]) + field(value[1])
    elif kind == "variable":
        body = variable(value)
    else:
        body = struct.pack(NUMBERS[kind], value) if kind in NUMBERS else field(value)
    return bytes([number]) + body


def property_block(properties):
    """{name: value}; `user` takes a list of pairs."""
    body = b""
    for name, value in properties.items():
        body += b"".join(one_property(name, each) for each in (value if name == "user" else [value]))
    return variable(len(body)) + body


def packet(kind, flags, body):
    return bytes([kind << 4 | flags]) + variable(len(body)) + body


def connect_packet(client_id, username=None, password=None, protocol=MQTT5, keepalive=60, clean=True, will=None,
                   properties=None, flags=None, name=None):
    """`flags` and `name` replace the right ones."""
    bits = 2 * clean | (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    if will is not None:
        bits |= 4 | will.qos << 3 | (0x20 if will.retain else 0)
    body = field(name or ("MQIsdp" if protocol == MQTT31 else "MQTT")) + struct.pack(
        ">BBH", protocol, bits if flags is None else flags, keepalive)
    if protocol == MQTT5:
        body += property_block(properties or {})
    body += field(client_id)
    if will is not None:
        body += (property_block(will.properties) if protocol == MQTT5 else b"") + field(will.topic) + field(will.payload)
    for value in (username, password):
        body += field(value) if value is not None else b""
    return packet(CONNECT, 0, body)


def publish_packet(protocol, topic, payload, qos, retain=False, dup=False, number=0, properties=None):
    body = field(topic) + (struct.pack(">H", number) if qos else b"")
    body += (property_block(properties or {}) if protocol == MQTT5 else b"") + octets(payload)
    return packet(PUBLISH, dup << 3 | qos << 1 | bool(retain), body)


def list_packet(kind, protocol, number, filters, qos=None):
    """SUBSCRIBE with a `qos` (and its options), UNSUBSCRIBE without."""
    body = struct.pack(">H", number) + (property_block({}) if protocol == MQTT5 else b"")
    return packet(kind, 2, body + b"".join(field(each) + (bytes([qos]) if qos is not None else b"") for each in filters))


def reason_packet(kind, protocol, reason=0, properties=None):
    """DISCONNECT and AUTH."""
    return packet(kind, 0, bytes([reason]) + property_block(properties or {}) if protocol == MQTT5 else b"")


# --- reading ----------------------------------------------------------------------------------------------------------

def whole(buffer):
    """The lengths of header and body of the first packet, or (0, 0) as long as it is not all there."""
    for end in range(2, min(len(buffer), 5) + 1):
        if buffer[end - 1] < 128:
            length = sum((buffer[i] & 127) << 7 * (i - 1) for i in range(1, end))
            return (end, length) if len(buffer) >= end + length else (0, 0)
    return 0, 0


class Packet:
    """What came: kind, number, reason (codes for SUBACK and UNSUBACK), properties; a PUBLISH: topic, payload, qos,
    retain, dup."""

    def __init__(self, protocol, first, body):
        self.kind, self.flags, self.body, self.at = first >> 4, first & 15, body, 0
        self.number, self.reason, self.codes, self.properties = None, 0, [], {}
        self.topic = self.payload = None
        if self.kind == PUBLISH:
            self.dup, self.qos, self.retain = bool(self.flags & 8), self.flags >> 1 & 3, bool(self.flags & 1)
            self.topic = self.text().decode("utf-8", "replace")
        if self.kind in (PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK) or (self.kind == PUBLISH and self.qos):
            self.number = self.take(">H")
        if self.kind == CONNACK:
            self.session_present = bool(self.take(">B"))
        if self.kind in (CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT, AUTH) and self.at < len(body):
            self.reason = self.take(">B")
        if protocol == MQTT5 and self.at < len(body):
            self.read_properties()
        if self.kind in (SUBACK, UNSUBACK):
            self.codes = list(body[self.at:])
        elif self.kind == PUBLISH:
            self.payload = body[self.at:]

    def take(self, form):
        value = struct.unpack_from(form, self.body, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def text(self):
        length = self.take(">H")
        self.at += length
        return self.body[self.at - length:self.at]

    def variable(self):
        value, shift = 0, 0
        while True:
            octet = self.take(">B")
            value |= (octet & 127) << shift
            shift += 7
            if octet < 128:
                return value

    def read_properties(self):
        length = self.variable()
        end = self.at + length
        while self.at < end:
            name, kind = NAMES[self.take(">B")]
            if kind == "pair":
                pair = (self.text().decode("utf-8", "replace"), self.text().decode("utf-8", "replace"))
                self.properties.setdefault(name, []).append(pair)
            elif kind in NUMBERS:
                self.properties[name] = self.take(NUMBERS[kind])
            elif kind == "variable":
                self.properties[name] = self.variable()
            else:
                self.properties[name] = self.text() if kind == "binary" else self.text().decode("utf-8", "replace")

    @property
    def user(self):
        return self.properties.get("user", [])

    def __repr__(self):
        return "<%d %s %s %.200r %s>" % (self.kind, self.topic, self.reason, self.payload, self.properties)
