#!/usr/bin/python3
"""The tables in C, the protocol's document, the JSON Schemas and the AsyncAPI document say the same."""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "topics/schema"
passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAILED " + what)


def same(left, right, what):
    check(set(left) == set(right), f"{what}: only here {sorted(set(left) - set(right))}, only there "
                                   f"{sorted(set(right) - set(left))}")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def ticks(text):
    return re.findall(r"`([^`]+)`", text)


# --- the tables in C --------------------------------------------------------------------------------------------------

def unfold(text):
    return re.sub(r"\s*\\\n\s*", " ", text)


LIMITS = {}
for name, value in re.findall(r"#define (LIMIT_\w+) +([^/\n]+)", read("topics/limits.h")):
    LIMITS[name] = eval(value, {"__builtins__": {}}, LIMITS)  # sums and products of what stands above

OPERATION = unfold(read("topics/operation.h"))
MEMBERS = {bit: (wire, kind, eval(re.sub(r"INT64_C", "", least), {}, LIMITS), eval(re.sub(r"INT64_C", "", most), {}, LIMITS))
           for bit, wire, kind, least, most in
           re.findall(r'X\((\w+), "(\w+)", (KIND_\w+), \w+, ([^,]+), (\w+(?:\(\d+\))?)\)', OPERATION)}


def wires(masks):
    masks = re.sub(r"MEMBERS_\w+", lambda m: re.search(r"#define " + m[0] + r" \(?([^\n]+)", OPERATION)[1], masks)
    return {MEMBERS[bit][0] for bit in re.findall(r"M\((\w+)\)", masks)}


ALWAYS = wires("MEMBERS_ALWAYS") | wires("MEMBERS_CREDENTIAL")  # the latter in open mode
DEVICE, ADMIN = {}, {}  # operation: (members, needed members, whether it has an answer)
GATE = re.findall(r'X\(OP_\w+, "(\w+)", MAY_GATE, OP_MUTE,', OPERATION)  # what it tells, on topics of its own
for words, flags, takes, needs in re.findall(r'X\(OP_\w+, ((?:"\w+", )+)(?!MAY_GATE)MAY_\w+(?: \| MAY_\w+)*, ([\w |]+), (.+?), (M\(\w+\)|0)\)(?= X\(|\n)',
                                             OPERATION):
    words = re.findall(r"\w+", words)
    row = (wires(takes), wires(needs), "OP_MUTE" not in flags)
    (DEVICE if len(words) == 1 else ADMIN)["/".join(words)] = row
check(len(DEVICE) + len(ADMIN) + len(GATE) == len(re.findall(r"X\(OP_", OPERATION)), "every row of the operations is understood")
check(len(MEMBERS) == len(re.findall(r"X\(\w+, \"\w+\", KIND_", OPERATION)), "every row of the members is understood")

CODES = re.findall(r'X\(ST_\w+, "(\w+)"', unfold(read("topics/status.h")))
TOPICS = re.findall(r'X\(TOPIC_\w+, "([^"]+)", TOPIC_(IN|OUT), (\d), (\d)\)', read("topics/catalog.h"))
EMITTED = {event for source in (ROOT / "service").rglob("*.c")
           for event in re.findall(r'(?:notice_emit(?:_service)?|certificates_announce)\([^;{]*?"(\w+)"', source.read_text(encoding="utf-8"))}
REASONS = re.findall(r'X\(REASON_\w+, "(\w+)"\)', read("service/core/presence.h"))

# --- docs/protocol.md -------------------------------------------------------------------------------------------------

PROTOCOL = read("docs/protocol.md")
DEVICE_ROWS = {row[0]: row for row in re.findall(r"^\| `(\w+)` \| ([^|]+)\|([^|]*)\|([^|]*)\|$", PROTOCOL, re.M)}
ADMIN_ROWS = {name: row[1] for row in re.findall(r"^\| (`\w+/\w+`[^|]*) \|([^|]*)\|[^|]*\|$", PROTOCOL, re.M)
              for name in ticks(row[0])}
EVENT_ROWS = re.search(r"\| event \| further members \|\n(.*?)\n\n", PROTOCOL, re.S)[1]
EVENTS = {event for row in EVENT_ROWS.splitlines() for event in ticks(row.split("|")[1]) if event != "-"}


def documents():
    same(DEVICE_ROWS, DEVICE, "device operations: protocol.md and operation.h")
    same(ADMIN_ROWS, ADMIN, "admin operations: protocol.md and operation.h")
    for name, (takes, needs, answered) in DEVICE.items():
        _, _, asks, answer = DEVICE_ROWS[name]
        known = set(ticks(asks)) | (set(ticks(DEVICE_ROWS["register"][2])) if "all of `register`" in asks else set())
        check(takes <= known, f"{name} takes {sorted(takes - known)}, which its row does not say")
        check(needs == set(re.findall(r"`(\w+)`\*", asks)), f"{name} needs {sorted(needs)}")
        check(answered == ("no answer" not in answer), f"{name} has an answer or not")
    for name, (takes, needs, _) in ADMIN.items():
        asks = re.sub(r"`replace` `never` or `always`", "`replace`", ADMIN_ROWS.get(name, ""))
        same(ticks(asks), takes, f"members of {name}: protocol.md and operation.h")
        check(needs == set(re.findall(r"`(\w+)`\*", asks)), f"{name} needs {sorted(needs)}")
    same(ticks(re.search(r"Codes: (.*?)Whoever", PROTOCOL, re.S)[1]) + ["-"], CODES + ["mosquitto_rr -f", "-"],
         "error codes: protocol.md and status.h")
    same(re.findall(r"^\| `(\w+)`", read("docs/errors.md"), re.M), CODES, "error codes: errors.md and status.h")
    check(EMITTED <= EVENTS, f"events that protocol.md does not know: {sorted(EMITTED - EVENTS)}")
    shapes = {re.sub(r"\{\w+\}", "<>", topic) for topic, _, _, _ in TOPICS}
    same([topic[len("muster/v1/gate/"):] for topic, _, _, _ in TOPICS if topic.startswith("muster/v1/gate/")], GATE,
         "what the gate tells: catalog.h and operation.h")
    for topic in re.findall(r"`(muster/v1/[^`#]+[^`#/])`", PROTOCOL):
        check(re.sub(r"<[^>]+>", "<>", topic) in shapes, f"protocol.md's topic {topic} is in catalog.h")


# --- topics/schema ----------------------------------------------------------------------------------------------------

SCHEMAS = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMA.glob("*.json")}
DEFINITIONS = SCHEMAS["definitions.json"]["definitions"]
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
RULES = {"$ref", "type", "properties", "required", "additionalProperties", "propertyNames", "maxProperties", "minLength",
         "maxLength", "pattern", "enum", "const", "minimum", "allOf", "$schema", "$id", "title", "$comment", "definitions"}


def is_type(value, name):
    if name in ("number", "integer"):
        return type(value) in (int, float) and (name == "number" or value == int(value))
    return isinstance(value, KINDS[name])


def fits(value, schema):
    """What of draft-07 the schemas here use."""
    assert set(schema) <= RULES, set(schema) - RULES
    if "$ref" in schema:
        file, _, name = schema["$ref"].partition("#/definitions/")
        return fits(value, DEFINITIONS[name] if name else SCHEMAS[file])
    types = schema.get("type", [])
    good = not types or any(is_type(value, name) for name in ([types] if isinstance(types, str) else types))
    good = good and all(fits(value, part) for part in schema.get("allOf", []))
    good = good and value in schema.get("enum", [value]) and schema.get("const", value) == value
    if isinstance(value, str):
        pattern = re.sub(r"\$$", r"\\Z", schema.get("pattern", ""))
        good = good and schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        good = good and re.search(pattern, value) is not None
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        good = good and set(schema.get("required", [])) <= set(value)
        good = good and len(value) <= schema.get("maxProperties", len(value))
        good = good and all(fits(name, schema.get("propertyNames", {})) for name in value)
        good = good and all(fits(each, known.get(name, others)) for name, each in value.items())
    if is_type(value, "number") and not isinstance(value, bool):
        good = good and value >= schema.get("minimum", value)
    return good


def references(schema):
    if isinstance(schema, dict):
        yield from ([schema["$ref"]] if "$ref" in schema else [])
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else []:
        yield from references(part)


def schemas():
    same({name[:-13] for name in SCHEMAS if name.endswith(".request.json")}, DEVICE, "request schemas and operation.h")
    same({name[:-14] for name in SCHEMAS if name.endswith(".accepted.json")},
         {name for name, row in DEVICE.items() if row[2]}, "answer schemas and operation.h")
    same({name[6:-5] for name in SCHEMAS if name.startswith("event.") and name != "event.json"}, EMITTED,
         "event schemas and what the service sends")
    for name, (takes, needs, _) in DEVICE.items():
        schema = SCHEMAS.get(name + ".request.json", {})
        same(schema.get("properties", {}), takes | ALWAYS, f"members of {name}: schema and operation.h")
        same(schema.get("required", []), needs, f"needed members of {name}")
        if DEVICE[name][2] and name not in ("get", "update"):
            properties = SCHEMAS[name + ".accepted.json"]["properties"].keys() - {"requestId"}
            answer = DEVICE_ROWS[name][3] + (DEVICE_ROWS["register"][3] if "all of `register`" in DEVICE_ROWS[name][3] else "")
            same(properties, set(ticks(answer)) - {"register"}, f"answer of {name}: schema and protocol.md")
    record = re.search(r"The record: (.*?)\. Times", PROTOCOL, re.S)[1]
    same(SCHEMAS["record.json"]["properties"], ticks(re.sub(r"\{.*?\}", "", record)), "the record: schema and protocol.md")
    same(SCHEMAS["rejected.json"]["properties"]["error"]["properties"]["code"]["enum"], CODES, "codes: schema and status.h")
    reasons = SCHEMAS["event.status_changed.json"]["allOf"][1]["properties"]["reason"]["enum"]
    same(reasons, re.findall(r"`(\w+)`", re.search(r"`reason` \((.*?)\)", PROTOCOL)[1]), "reasons: schema and protocol.md")
    check(set(REASONS) <= set(reasons), f"reasons that the schema does not know: {set(REASONS) - set(reasons)}")
    for wire, kind, least, most in MEMBERS.values():
        if wire in DEFINITIONS and kind in ("KIND_TEXT", "KIND_LINES", "KIND_REQUEST_ID", "KIND_UUID", "KIND_TENANT"):
            found = DEFINITIONS[wire]
            check((found["minLength"], found["maxLength"]) == (least, most), f"length of {wire}: schema and operation.h")
    for name, schema in SCHEMAS.items():
        check(schema["$id"] == name and schema["$schema"].endswith("draft-07/schema#"), f"head of {name}")
        for reference in references(schema):
            file, _, part = reference.partition("#/definitions/")
            check(file in SCHEMAS and (not part or part in DEFINITIONS), f"{name} refers to {reference}")


def vectors():
    """The C decoder and the schemas agree on what may be asked for; what JSON itself forbids no schema can see."""
    for vector in json.loads(read("topics/vectors/requests.json"))["vectors"]:
        name, code = vector["topic"].split("/", 4)[4], vector["code"]
        if not vector["topic"].startswith("muster/v1/device/") or name not in DEVICE:
            continue
        if code in ("ok", "empty_payload", "missing_field", "invalid_field"):
            value = json.loads(vector["payload"] or "{}")
            check(fits(value, SCHEMAS[name + ".request.json"]) == (code == "ok"), f"{name} {vector['payload']}: {code}")


# --- topics/asyncapi.yaml ---------------------------------------------------------------------------------------------

def asyncapi():
    text = read("topics/asyncapi.yaml")
    same(re.findall(r"address: '([^']+)'", text), [topic for topic, _, _, _ in TOPICS], "topics: asyncapi.yaml and catalog.h")
    channels = dict(re.findall(r"^  (\w+):\n    address: '([^']+)'", text, re.M))
    for action, channel, qos, retain in re.findall(
            r"action: (\w+)\n    channel: \{\$ref: '#/channels/(\w+)'\}\n    bindings: \{mqtt: \{qos: (\d), retain: (\w+)\}\}", text):
        row = (channels.pop(channel, None), "IN" if action == "receive" else "OUT", qos, "1" if retain == "true" else "0")
        check(row in TOPICS, f"asyncapi.yaml: {action} {channel}")
    same(channels, [], "channels without an operation")
    components = text[text.index("\ncomponents:"):]
    for kind, name in re.findall(r"#/components/(\w+)/(\w+)", text):
        check(re.search(rf"^    {name}: ", components, re.M), f"asyncapi.yaml refers to {kind}/{name}")
    same(re.findall(r"'\./schema/([\w.]+\.json)'", text),
         SCHEMAS.keys() - {"definitions.json", "record.json", "event.json"}, "schemas: asyncapi.yaml and topics/schema")
    enums = dict(re.findall(r"^    (\w+): \{description: [^,]*, enum: \[([^\]]*)\]\}", text, re.M))
    same(enums["operation"].split(", "), DEVICE, "operations: asyncapi.yaml and operation.h")
    same(enums["event"].split(", "), EMITTED, "events: asyncapi.yaml and what the service sends")


for part in (documents, schemas, vectors, asyncapi):
    try:
        part()
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        check(False, f"{part.__name__}: {error!r}")
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
