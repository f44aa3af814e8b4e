#!/usr/bin/python3
"""musterctl on certificates and on the authority: what each command does, says and ends with."""
import json
import os
import re
import secrets
import stat

from gated import GatedStack, ask
from muster import ROOT, Checks, Client, Stack, clock, end, folder, make_csr, program, read, run, start, wait_for

t = Checks()
CTL = program("musterctl")
# What docs/operating.md promises of --json: the members of each command's object.
SHAPES = {command: (schema, re.findall("`([^`]+)`", members)) for command, schema, members in
          re.findall(r"(?m)^\| `(\w+ \w+)` \| `(muster\.[\w.]+/1)` \| (.*) \|$", read(os.path.join(ROOT, "docs/operating.md")))}


def ctl_json(stack, *words, code=0):
    """What a command prints with --json, which has the shape that the document promises."""
    done = stack.ctl(*words, "--json")
    t.check(done.returncode == code, "%s --json is exit code %d" % (" ".join(words), code), done)
    answer = json.loads(done.stdout)
    schema, members = SHAPES[" ".join(words[:2])]
    t.equal(answer["schema"], schema, " ".join(words) + ": the schema")
    t.check(set(answer) - {"schema", "requestId"} <= set(members), " ".join(words) + ": no other members", set(answer) - set(members))
    return answer


def says(done, code, *lines):
    """Exit code and lines, each a pattern; columns are apart by white space."""
    ok = t.equal(done.returncode, code, "exit code of " + " ".join(map(str, done.args[1:])))
    for line in lines:
        ok = t.check(re.search("(?m)^%s$" % line, done.stdout), "it prints %s" % line, done.stdout, done.stderr) and ok
    return ok


def ready(stack):
    """No certificate is given out before the broker knows the authority."""
    t.check(wait_for(lambda: json.loads(stack.ctl("ca", "show", "--json").stdout)["crl"]["inForce"], 15), "a list is in force")
    return stack


def write(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(text)
    return path


# --- what needs no service ---------------------------------------------------------------------------------------------

SIGN = ["ca", "sign", "--root", "r.pem", "--root-key", "r.key", "--csr", "c.csr", "--out", "o.pem"]
WRONG = [  # words, exit code, what the sentence must hold
    (["certificate", "validate"], 2, "ID"), (["certificate", "validate", "nofile.pem"], 2, "nofile.pem"),
    (["certificate", "validate", "none.pem"], 2, "no certificate"), (["certificate", "validate", "broken.pem"], 2, "broken"),
    (["certificate", "validate", "large.pem"], 2, "larger"), (["certificate", "validate", "zeros"], 2, "large"),
    (["certificate", "validate", "-"], 2, "no certificate"), (["certificate", "validat", "a"], 2, "validate"),
    (["certificate", "renew"], 2, "UUID"), (["certificate", "revoke", "aa", "--lineage"], 2, "--yes"),
    (["certificate", "revoke", "aa", "--lineage=no", "--yes"], 2, "--lineage"), (["device", "release"], 2, "UUID"),
    (["ca"], 2, "show|crl|rotate|sign|drop"), (["ca", "shw"], 2, "show"), (["ca", "show", "x"], 2, "x"),
    (["ca", "crl", "--text"], 2, "--text"), (["ca", "crl", "--pem"], 2, "--pem"), (["ca", "rotate"], 2, "--yes"),
    (["ca", "rotate", "--yes", "--certificate", "nofile.pem"], 2, "nofile.pem"),
    (["ca", "rotate", "--yes", "--certificate", "none.pem"], 2, "no certificate"), (["ca", "drop"], 2, "ISSUERID"),
    (["ca", "drop", "aa"], 2, "--yes"), (["ca", "sign"], 2, "--root"), (SIGN[:4], 2, "--root-key"), (SIGN[:6], 2, "--csr"),
    (SIGN[:8], 2, "--out"), (SIGN, 2, "c.csr"), (["ca", "sign", "--yes"], 2, "--yes")]


def usage():
    where = folder()
    for name, text in (("none.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
                       ("broken.pem", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
                       ("large.pem", "-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % (("A" * 64 + "\n") * 150)),
                       ("zeros", "\0" * 70000)):
        write(os.path.join(where, name), text)
    for words, code, part in WRONG:
        done = run([CTL] + words, cwd=where)
        t.check(done.returncode == code and part in done.stderr and re.match(r"error: .*\n(  mend: .*\n)?$", done.stderr) and
                done.stdout == "", "musterctl %s: exit code %s and one sentence" % (" ".join(words), code), done)
    for words, part in ((["help", "ca"], "ca drop ISSUERID"), (["ca", "crl", "--help"], "openssl crl -noout -text"),
                        (["ca", "sign", "--help"], "--root-key FILE"), (["help", "certificate", "revoke"], "--lineage")):
        done = run([CTL] + words, cwd=where)
        t.check(done.returncode == 0 and part in done.stdout, "musterctl " + " ".join(words), done)


# --- certificates ------------------------------------------------------------------------------------------------------

def validating():
    """By id, from a file, from stdin; of a file with a private key in it only the certificate leaves this machine."""
    with GatedStack() as stack:
        ready(stack)
        known = stack.enrol("d1", True)["certificateId"]
        checks = [r"%s\s+ok" % name for name in ("chain", "dates", "profile", "revocation", "fingerprint")]
        says(stack.ctl("certificate", "validate", known), 0, r"certificate\s+" + known, r"device\s+d1", *checks, "valid")
        answer = ctl_json(stack, "certificate", "validate", known)
        t.equal((answer["valid"], set(answer["checks"].values()), answer["uuid"]), (True, {"ok"}, "d1"), "as JSON")
        spy = stack.spy()
        both = write(stack.path("both.pem"), read(stack.path("d1.key")) + read(stack.path("d1.pem")) + read(stack.path("ca.pem")))
        says(stack.ctl("certificate", "validate", both), 0, r"certificate\s+" + known, "valid")
        sent = spy.with_payload("certificatePem")
        body = json.loads(sent[0].payload)["certificatePem"] if sent else ""
        t.equal(body, read(stack.path("d1.pem")), "the first certificate is sent, and it alone")
        t.equal(spy.with_payload("PRIVATE KEY"), [], "never the private key beside it")
        says(run(["bash", "-c", "%s --dir %s certificate validate - < %s" % (CTL, stack.directory, both)]), 0, "valid")
        stack.sign("forged", "Device-x", authority=stack.path("ca"))
        says(stack.ctl("certificate", "validate", stack.path("forged.pem")), 1, "not valid",
             r"revocation\s+the service does not know it", r"profile\s+(?!ok).*")
        foreign = ctl_json(stack, "certificate", "validate", stack.path("root.pem"), code=1)
        t.check(not foreign["valid"] and "uuid" not in foreign, "the root is no device's certificate", foreign)
        t.equal(stack.ctl("certificate", "validate", "00").returncode, 6, "an id that nobody knows is exit code 6")
        offering(stack, known)


def offering(stack, known):
    device = stack.certified("d1")
    says(stack.ctl("certificate", "renew", "d1"), 0, r"asked\s+device d1 to renew %s, which ends in 36\d d" % known,
         r"next\s+musterctl certificate list --device d1 --dir " + stack.directory, r"\s+musterctl device events d1 --dir " + stack.directory)
    offers = [json.loads(each.payload) for each in device.receive(2) if each.topic == "muster/v1/device/d1/renew/offer"]
    t.equal([(offer["certificateId"], offer["reason"]) for offer in offers], [(known, "operator")], "the device hears of it")
    t.equal(ctl_json(stack, "certificate", "renew", "d1")["state"], "active", "certificate renew --json")
    stack.enrol("bare")
    for uuid in ("bare", "nobody"):
        t.equal(stack.ctl("certificate", "renew", uuid).returncode, 6, "certificate renew %s is exit code 6" % uuid)


def revoking():
    """A device that is connected: what is printed is so."""
    with GatedStack() as stack:
        ready(stack)
        one = stack.enrol("d1", True)["certificateId"]
        device = stack.certified("d1")
        done = stack.ctl("certificate", "revoke", one, "--reason", "keyCompromise", "--yes")
        says(done, 0, r"revoked\s+%s of device d1: keyCompromise" % one, r"credential\s+refused: revoked: keyCompromise",
             r"sessions\s+1 closed, 0 open", r"list\s+number \d+ names it, the broker has read it",
             r"device\s+its API key still works, also one that it got by this certificate: musterctl device block d1 --dir \S+ keeps it out",
             r"hardware\s+held: does not enrol again with the same provisioning key; musterctl device release d1 --dir \S+ lets it")
        t.equal(done.stderr, "", "and nothing else is to be said")
        says(stack.ctl("device", "list"), 0, r"d1 .* registered .* revoked")
        t.check(wait_for(lambda: [device.next(0.1)] and device.closed, 5), "the connection has ended")
        t.check(stack.wire("mtls", "d1").connect("d1") != 0, "and a new one is refused")
        out = run(["mosquitto_sub", "-h", "localhost", "-p", str(stack.mtls), "--cafile", stack.path("ca.pem"), "--cert",
                   stack.path("d1.pem"), "--key", stack.path("d1.key"), "-i", "d1", "-t", "muster/v1/device/d1/#", "-W", "3"])
        t.check(out.returncode not in (0, 27), "mosquitto_sub with it is refused, too", out)
        listed = run(["openssl", "crl", "-in", stack.path("crl.pem"), "-noout", "-text"]).stdout
        t.check(one.upper() in listed and "Key Compromise" in listed, "the list names it", listed[-500:])
        says(stack.ctl("certificate", "validate", one), 1, r"revocation\s+revoked: keyCompromise", "not valid")
        again = ctl_json(stack, "certificate", "revoke", one, "--yes")
        t.equal((again["reason"], again["verified"], again["held"], again["revoked"], again["deviceState"], again["crl"]["inForce"]),
                ("keyCompromise", True, True, [one], "registered", True), "again is no error, and the first reason stands")
        holding(stack)
        lineages(stack)
        refused_words(stack, one)


def holding(stack):
    """`device` and `hardware` say the truth, and their mends are ones."""
    bye = stack.device("d1", "~key")
    bye.disconnect()
    t.equal(stack.ctl("device", "block", "d1").returncode, 0, "device block")
    t.check(stack.wire().connect("d1~key", "d1", stack.devices["d1"]["apiKey"]) != 0, "keeps it out by its API key, too")
    stack.ctl("device", "unblock", "d1")
    stack.ctl("device", "reset", "d1", "--yes")
    claim = stack.claim("d1")
    t.equal(ask(claim, "muster/v1/device/d1/register", {"requestId": "held"}).code, "device_blocked", "it does not enrol again")
    t.equal(ctl_json(stack, "device", "release", "d1")["released"], True, "device release")
    t.equal(ask(claim, "muster/v1/device/d1/register", {"requestId": "free"}).code, "", "lets it")
    says(stack.ctl("device", "release", "d1"), 0, r"released\s+false")
    t.equal(stack.ctl("device", "release", "nobody").returncode, 6, "device release nobody is exit code 6")


def renew(stack, uuid, name):
    """As the device does it: the old certificate and NAME, a new one."""
    wire = stack.certified(uuid, "~renew")
    answer = ask(wire, "muster/v1/device/%s/renew" % uuid,
                 {"requestId": "renew-" + secrets.token_hex(4), "csr": make_csr(stack.directory, name)})
    wire.disconnect()
    if answer is None or answer.code:
        raise RuntimeError("renew %s: %s" % (uuid, answer))
    stack.write(name + ".pem", answer["certificatePem"])
    return answer["certificateId"]


def lineages(stack):
    """Who stole a certificate may have renewed it: all that came of it go; and one that was only replaced."""
    first = stack.enrol("d2", True)["certificateId"]
    second = renew(stack, "d2", "d2b")
    says(stack.ctl("certificate", "revoke", first, "--lineage", "--yes"), 0, r"revoked\s+%s of device d2: unspecified" % first,
         r"\s+" + second, r"credential\s+refused: revoked: unspecified", r"device\s+its API key still works.*")
    t.equal(stack.ctl("certificate", "validate", second).returncode, 1, "the renewed one, too")
    third = stack.enrol("d3", True)["certificateId"]
    fourth = renew(stack, "d3", "d3b")
    only = ctl_json(stack, "certificate", "revoke", third, "--yes", "--reason", "superseded")
    t.equal((only["revoked"], only["held"], only["deviceState"], only["verified"]), ([third], False, "provisioned", True),
            "one that was replaced says nothing against the hardware")
    says(stack.ctl("certificate", "revoke", third, "--yes"), 0, r"device\s+another certificate of it still works: musterctl device "
         r"block d3 --dir \S+ keeps it out", r"hardware\s+not held: may enrol again with the same provisioning key")
    both = ctl_json(stack, "certificate", "revoke", third, "--lineage", "--yes")
    t.equal((both["revoked"], both["revokedCount"]), ([third, fourth], 1), "--lineage --json has all ids")
    by_key = stack.enrol("d4", True)["certificateId"]
    stack.certified("d4", "~mtls")
    stack.device("d4", "~key")
    says(stack.ctl("certificate", "revoke", by_key, "--yes"), 0,
         r"sessions\s+1 closed, 1 open, by another credential of the device")


def long_line():
    """More than one answer names: all are revoked, and how many more is said."""
    with GatedStack() as stack:
        ready(stack)
        first = stack.enrol("d1", True)["certificateId"]
        end(stack.service)
        stack.edit("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 130) INSERT INTO certificate (id, "
                   "certificate_id, device, uuid, tenant, public_key, state, reason, not_before, not_after, created_at, ended_at, "
                   "replaces) SELECT i, printf('40%034d', i), device, uuid, tenant, public_key, 'superseded', 'superseded', "
                   "not_before, not_after, created_at, 1, i - 1 FROM certificate, n WHERE certificate.id = 1")
        stack.start_service()
        stack.wait_ready()
        says(stack.ctl("certificate", "revoke", first, "--lineage", "--yes"), 0, r"revoked\s+%s of device d1: unspecified" % first,
             r"\s+40%034d" % 100, r"\s+and 30 more: musterctl certificate list --device d1 --dir .*")
        t.equal(stack.rows("SELECT count(*) FROM certificate WHERE state <> 'revoked'"), [(0,)], "all are revoked")


def refused_words(stack, known):
    for words, code in (([known, "--reason", "because", "--yes"], 2), (["00", "--yes"], 6), ([known], 2), ([known + "0" * 30, "--yes"], 2)):
        done = stack.ctl("certificate", "revoke", *words)
        t.check(done.returncode == code and done.stdout == "", "certificate revoke %s is exit code %d" % (words, code), done)


def not_all_is_verified():
    """A list that cannot be written: the revocation stands, and that not all of it could be verified is said."""
    with GatedStack() as stack:
        ready(stack)
        one, two = [stack.enrol(uuid, True)["certificateId"] for uuid in ("d1", "d2")]
        os.mkdir(stack.path("crl.pem.new"))
        done = stack.ctl("certificate", "revoke", one, "--yes")
        says(done, 8, r"credential\s+refused: .*", r"sessions\s+0 closed, 0 open", r"list\s+number \d+ does not name it")
        t.check("not all of it could be verified" in done.stderr and "musterctl certificate revoke %s --yes" % one in done.stderr,
                "and how to look again", done.stderr)
        shown = stack.ctl("ca", "show")
        t.check("could not be made" in shown.stderr, "ca show tells why", shown)
        os.rmdir(stack.path("crl.pem.new"))
        t.equal(stack.ctl("certificate", "revoke", two, "--yes").returncode, 0, "when the list can be written again")
        t.equal(stack.ctl("certificate", "revoke", one, "--yes").returncode, 0, "the first one is verified, too")


def without_a_gate():
    """In open mode nobody looks at connections; what is known is verified. And a list that is late."""
    with Stack() as stack:
        asker = stack.asker()
        stack.register(asker, "d1")
        one = asker.device("d1", "provision", {"keyType": "ec:p256"})["certificateId"]
        says(stack.ctl("certificate", "revoke", one, "--yes"), 0, r"sessions\s+not known: no gate",
             r"list\s+number \d+ names it, no gate makes the broker read it")
        t.equal(ctl_json(stack, "certificate", "revoke", one, "--yes")["sessions"], None, "as JSON")
        t.check("revocation list" not in stack.ctl("status").stdout, "status has no word of a list that is fresh")
    with Stack("crl_file nowhere/crl.pem") as stack:
        says(stack.ctl("status"), 0, r"revocation list\s+late, there is none: see musterctl ca show")
        says(stack.ctl("ca", "show"), 0, r"late\s+yes: .*", r"revocation list\s+none since the start")
        t.equal(ctl_json(stack, "ca", "show")["crl"]["late"], True, "ca show --json")


def authority_ends():
    """Told while there is time; after the end nobody gets a certificate until another one issues."""
    with Stack(go=False) as stack:
        stack.VERIFIES = False  # what was signed in other years
        ahead = stack.path("ahead")
        write(ahead, str(9 * 365 * 86400))
        stack.start_broker()
        stack.start_service(["env", *("%s=%s" % pair for pair in clock(ahead).items())])
        t.check(wait_for(lambda: stack.answers(0.5), 10), "the service answers")
        says(stack.ctl("status"), 0, r"authority\s+expiring, the end of the current one is in .*: see musterctl ca show")
        says(stack.ctl("ca", "show"), 0,
             r"expiring: the issuing CA [0-9a-f]{40}, its end is in .*\. Make the next issuing CA: musterctl ca rotate --yes")
        t.equal([each["expiring"] for each in ctl_json(stack, "ca", "show")["issuers"]], [True, False], "ca show --json")
        t.check(wait_for(lambda: "issuer_expiring" in stack.log(), 5), "the log", stack.log()[-800:])
        stack.key = json.loads(stack.ctl("key", "create", "--json").stdout)["key"]
        asker = stack.asker()
        stack.register(asker, "d1")
        end(stack.service)  # at a start the clock is believed at once
        write(ahead, str(11 * 365 * 86400))
        stack.start_service(["env", *("%s=%s" % pair for pair in clock(ahead).items())])
        t.check(wait_for(lambda: stack.answers(0.5), 10), "the service answers again")
        t.equal(asker.device("d1", "provision", {"keyType": "ec:p256"}).code, "issuer_expired", "after its end")
        says(stack.ctl("ca", "rotate", "--yes"), 0, "[0-9a-f]{40} issues from now on.")
        t.check("authority" not in stack.ctl("status").stdout, "another one issues")
        t.check(asker.device("d1", "provision", {"keyType": "ec:p256"}).code == "", "and issues")


# --- the authority -----------------------------------------------------------------------------------------------------

def the_list_in_parts():
    """A list of many parts comes whole."""
    with GatedStack() as stack:
        ready(stack)
        stack.enrol("d1", True)
        end(stack.service)
        stack.insert("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) "
                     "INSERT INTO certificate (certificate_id, uuid, tenant, public_key, state, reason, not_before, not_after, "
                     "created_at, ended_at) SELECT printf('41%034x', i), 'd1', 'default', x'', 'revoked', 'reset', 0, 4000000000, 1, 1 "
                     "FROM n")
        stack.start_service()
        stack.wait_ready()
        ready(stack)
        done = stack.ctl("ca", "crl")
        t.check(len(done.stdout) > 40000, "the list is longer than one message", len(done.stdout))
        said = run(["bash", "-c", "%s --dir %s ca crl | openssl crl -noout -text" % (CTL, stack.directory)]).stdout
        t.equal((done.returncode, said.count("Serial Number: ")), (0, 1200), "ca crl | openssl crl -noout -text")
        t.equal(done.stdout, read(stack.path("crl.pem")), "it is the file")
        answer = ctl_json(stack, "ca", "crl")
        t.equal((answer["crlPem"], answer["number"] > 0), (done.stdout, True), "ca crl --json")
        full = run(["bash", "-c", "%s --dir %s ca crl > /dev/full" % (CTL, stack.directory)])
        t.check(full.returncode == 1 and "error:" in full.stderr, "a full disk is told", full)


def the_list_is_replaced():
    """Between two parts there may be a newer list: then all is begun anew, five times at most. The test answers."""
    with Stack(go=False) as stack:
        stack.start_broker()
        state = {"changes": 0, "asked": 0}

        def reply(message):
            cursor = json.loads(message.payload).get("cursor")
            state["asked"] += 1
            if cursor is None:
                body = {"number": 7, "crlPem": "first part of %d\n" % state["changes"], "cursor": "7:17"}
            elif state["changes"] > 0:
                state["changes"] -= 1
                body = {"error": {"code": "invalid_field", "message": "There is a newer list.", "field": "/cursor"}}
            else:
                body = {"number": 7, "crlPem": "last part\n", "cursor": None}
            answers.publish(message.properties.ResponseTopic, body, correlation=message.properties.CorrelationData)

        answers = stack.client(Client, None, ["muster/v1/admin/+/ca/crl"], None, reply)
        for changes, code, out, asked in ((0, 0, "first part of 0\nlast part\n", 2), (4, 0, "first part of 0\nlast part\n", 10),
                                          (5, 1, "", 10)):
            state.update(changes=changes, asked=0)
            done = stack.ctl("ca", "crl")
            t.equal((done.returncode, done.stdout, state["asked"]), (code, out, asked), "a list that is replaced %d times" % changes)


def issuers(stack, role):
    return [issuer["issuerId"] for issuer in ctl_json(stack, "ca", "show")["issuers"] if issuer["role"] == role]


def rollover():
    """With the root's key at hand, then without; what is told to be pasted is pasted."""
    with GatedStack() as stack:
        ready(stack)
        stack.enrol("d1", True)
        device = stack.certified("d1")
        first = issuers(stack, "current")[0]
        says(stack.ctl("ca", "show"), 0, r"ROLE\s+ISSUER ID\s+SUBJECT\s+VALID FOR\s+KEY HERE",
             r"current\s+%s\s+CN=Muster Issuing CA .*\s+in 36\d\d d\s+yes" % first, r"root\s+\w+\s+CN=Muster Root CA .*\s+in 7\d\d\d d\s+yes",
             r"revocation list\s+\d+", r"next update\s+in 30 d", r"late\s+no", r"in force\s+yes")
        pem = stack.ctl("ca", "show", "--pem")
        t.equal((pem.returncode, pem.stdout), (0, read(stack.path("ca.pem"))), "ca show --pem is the file")
        t.equal(stack.ctl("ca", "drop", first, "--yes").returncode, 7, "the current issuer is not dropped")
        t.equal(stack.ctl("ca", "rotate").returncode, 2, "ca rotate wants --yes where there is no terminal")
        done = stack.ctl("ca", "rotate", "--yes")
        second = issuers(stack, "current")[0]
        paste = " --dir " + stack.directory
        says(done, 0, second + " issues from now on.", "  musterctl certificate renew UUID" + paste,
             "  musterctl ca drop %s --yes" % first + paste, "  musterctl certificate list --issuer " + first + paste)
        t.check(second != first and issuers(stack, "old") == [first], "the new one issues, the old one counts", second)
        done = stack.ctl("ca", "drop", first, "--yes")
        t.check(done.returncode == 7 and "1 certificate of this issuer is still valid" in done.stderr and
                "musterctl certificate list --issuer " + first in done.stderr, "as long as a certificate of it is valid it is not dropped", done)
        kept = json.loads(stack.ctl("certificate", "list", "--issuer", first, "--json").stdout)["items"]
        t.equal([(item["uuid"], item["issuerId"]) for item in kept], [("d1", first)], "certificate list --issuer says which one it is")
        t.equal(json.loads(stack.ctl("certificate", "list", "--issuer", second, "--json").stdout)["items"], [], "and the new one has none yet")
        device.ping()
        t.check(not device.closed and stack.certified("d1", "~again"), "who is connected stays; who comes with the old one is let in")
        stack.enrol("d2", True)
        t.check(stack.certified("d2"), "and so is who has one of the new one")
        third = ctl_json(stack, "ca", "rotate", "--yes")
        t.equal((third["role"], issuers(stack, "current"), set(third["old"])), ("current", [third["issuerId"]], {first, second}),
                "ca rotate --json")
        away(stack, third["issuerId"])
        for words, code in (([issuers(stack, "root")[0]], 2), (["nonsense"], 2)):
            t.equal(stack.ctl("ca", "drop", *words, "--yes").returncode, code, "ca drop %s" % words)
        t.equal(ctl_json(stack, "ca", "drop", third["issuerId"], "--yes")["dropped"], True, "one that has no certificates is dropped")
        t.equal(set(issuers(stack, "old")), {first, second}, "and is gone")
        done = stack.ctl("ca", "drop", third["issuerId"], "--yes")
        t.check(done.returncode == 6 and "there is no issuer" in done.stderr and done.stdout == "", "one that is not there is exit code 6", done)
        done = stack.ctl("ca", "drop", third["issuerId"], "--yes", "--json")
        t.equal((done.returncode, json.loads(done.stdout)["dropped"]), (6, False), "and dropped false as JSON")
        who_may(stack)


class Sealed(GatedStack):
    """The authority's keys are encrypted; the passphrase lies in another folder."""
    PASSPHRASE = write(os.path.join(folder(), "passphrase"), "first\n")
    INIT = ["--bind", "127.0.0.1", "--ca-passphrase-file", PASSPHRASE]


def another_passphrase():
    """Changed as docs/operating.md has it, the authority goes on; changed in its file alone, nothing is sealed with it."""
    with Sealed() as stack:
        ready(stack)
        first = issuers(stack, "current")[0]
        t.equal(stack.ctl("ca", "rotate", "--yes").returncode, 0, "with its passphrase it is rotated")
        write(Sealed.PASSPHRASE, "second\n")
        before = sorted(os.listdir(stack.directory))
        wait_for(lambda: stack.ctl("ca", "drop", "0" * 40, "--yes").returncode == 6, 10)  # no list is being made any more
        done = stack.ctl("ca", "rotate", "--yes")
        t.check(done.returncode == 7 and "does not open" in done.stderr and "put back the passphrase" in done.stderr, "another passphrase is refused", done)
        t.equal(sorted(os.listdir(stack.directory)), before, "before anything is written")
        write(Sealed.PASSPHRASE, "first\n")
        end(stack.service)
        for name in ("passphrase", "new-passphrase"):
            write(stack.path(name), "first\n" if name == "passphrase" else "second\n")
        section = read(os.path.join(ROOT, "docs/operating.md")).split("### Another passphrase")[1]
        change, put = section.split("```")[1], section.split("```")[3]
        done = run(["bash", "-c", "cd %s && %s\n%s" % (stack.directory, change, put)])
        t.check((done.returncode, "FAILED" in done.stdout) == (0, False), "the documented commands run", done)
        t.equal(run(["openssl", "pkey", "-in", stack.path("root.key"), "-passin", "pass:first", "-noout"]).returncode, 1, "the old one opens nothing")
        t.equal((stat.S_IMODE(os.stat(stack.path("ca.key")).st_mode), sorted(os.listdir(stack.directory))), (0o600, sorted(before + ["passphrase"])),
                "and nothing is left of them")
        write(Sealed.PASSPHRASE, read(stack.path("passphrase")))
        stack.start_service()
        stack.wait_ready()
        ready(stack)
        t.equal(stack.ctl("ca", "rotate", "--yes").returncode, 0, "and it is rotated again")
        t.check(first in issuers(stack, "old"), "with all issuers there", issuers(stack, "old"))
        os.rename(stack.path("root.key"), stack.path("away.key"))
        done = shell(folder(), "musterctl ca rotate --yes", stack)
        says(done, 0, r"  musterctl ca sign --root root.pem .* --passphrase-file %s --organization Muster" % Sealed.PASSPHRASE)


def shell(where, command, stack):
    """A printed command, as it is pasted; the folder of the service is known to the shell."""
    return run(["bash", "-c", command], cwd=where, env={**os.environ, "PATH": os.path.dirname(CTL) + ":" + os.environ["PATH"],
                                                        "MUSTER_DIR": stack.directory})


def away(stack, third):
    """The root's key lies in another folder, which stands for another machine."""
    vault, here = folder(), folder()
    not_the_root(stack, third)
    for name in ("root.pem", "root.key"):
        os.rename(stack.path(name), os.path.join(vault, name))
    done = shell(here, "musterctl ca rotate --yes", stack)
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("  musterctl ")]
    t.check(done.returncode == 0 and len(lines) == 2, "ca rotate prints two commands", done)
    csr = read(os.path.join(here, "ca-next.csr"))
    says(stack.ctl("ca", "show"), 0, r"root\s+\w+\s+CN=Muster Root CA .*\s+in 7\d\d\d d\s+no")
    t.check("BEGIN CERTIFICATE REQUEST" in csr and "not here" in done.stdout, "and writes a request", csr)
    t.equal(issuers(stack, "current"), [third], "nothing has changed yet")
    done = shell(here, "musterctl ca rotate --yes", stack)
    t.check(done.returncode == 7 and read(os.path.join(here, "ca-next.csr")) == csr, "another request is never overwritten", done)
    done = shell(here, "musterctl ca rotate --yes --out -", stack)
    t.check(done.stdout.startswith("-----BEGIN CERT") and done.stdout.endswith("-----END CERTIFICATE REQUEST-----\n") and
            "musterctl ca sign" in done.stderr, "--out - prints it", done)
    answer = ctl_json(stack, "ca", "rotate", "--yes")
    t.equal((answer["role"], answer["csr"][:30]), ("prepared", csr[:30]), "ca rotate --json has it")
    os.rename(os.path.join(here, "ca-next.csr"), os.path.join(vault, "ca-next.csr"))
    signing(vault, lines[0], stack)
    certificate = os.path.join(here, "ca-next.pem")
    os.rename(os.path.join(vault, "ca-next.pem"), certificate)
    done = stack.ctl("ca", "rotate", "--yes", "--certificate", stack.path("d1.pem"))
    t.check(done.returncode == 2 and "certificatePem" in done.stderr and "ca sign" in done.stderr,
            "a certificate that is none of the prepared key is refused", done)
    says(shell(here, lines[1], stack), 0, r"\w+ issues from now on\.", "  musterctl ca drop %s --yes" % third)
    fourth = issuers(stack, "current")
    t.check(fourth != [third] and third in issuers(stack, "old"), "the fourth one issues", fourth)
    says(shell(here, lines[1], stack), 0, fourth[0] + r" is the current one already: nothing was changed\.")
    t.equal(ctl_json(stack, "ca", "rotate", "--yes", "--certificate", certificate)["role"], "current", "the same as JSON")
    stack.enrol("d4", True)
    t.check(stack.certified("d4"), "and whoever it gave a certificate is let in")


def not_the_root(stack, current):
    """Only a root's key that is not here is asked for elsewhere; all else is an error, and changes nothing."""
    key, text = stack.path("root.key"), read(stack.path("root.key"))
    before = sorted(os.listdir(stack.directory))
    os.chmod(key, 0o644)
    done = stack.ctl("ca", "rotate", "--yes")
    t.check(done.returncode == 7 and "chmod 600 " + key in done.stderr and "service's machine" in done.stderr, "a root's key open to all", done)
    os.chmod(key, 0o600)
    write(key, "rubbish\n")
    done = stack.ctl("ca", "rotate", "--yes")
    t.check(done.returncode == 7 and "no private key" in done.stderr, "rubbish in its place", done)
    write(key, text)
    os.mkdir(stack.path("ca.key.next.new"))
    done = stack.ctl("ca", "rotate", "--yes")
    t.check(done.returncode == 1 and "storage_unavailable" in done.stderr and "repeat" in done.stderr, "a file that cannot be written", done)
    os.rmdir(stack.path("ca.key.next.new"))
    t.equal((sorted(os.listdir(stack.directory)), issuers(stack, "current")), (before, [current]), "nothing has changed")


def signing(vault, command, stack):
    """Without a broker, and hardened; what is wrong is told."""
    nowhere = {**os.environ, "MUSTER_DIR": "/nonexistent"}
    words = ["ca", "sign", "--root", "root.pem", "--root-key", "root.key"]
    write(os.path.join(vault, "no.csr"), "no request\n")
    write(os.path.join(vault, "secret"), "secret\n")
    os.chmod(os.path.join(vault, "secret"), 0o600)
    run(["openssl", "pkcs8", "-topk8", "-in", "root.key", "-out", "locked.key", "-v2", "aes256", "-passout", "file:secret"], cwd=vault)
    os.chmod(os.path.join(vault, "locked.key"), 0o600)
    write(os.path.join(vault, "open.key"), read(os.path.join(vault, "root.key")))
    os.chmod(os.path.join(vault, "open.key"), 0o644)
    for more, code, part in ((["--csr", "no.csr", "--out", "x.pem"], 1, "request"), (["--csr", "none.csr", "--out", "x.pem"], 2, "none.csr"),
                             (["--csr", "ca-next.csr", "--out", "secret"], 7, "secret"),
                             (["--csr", "ca-next.csr", "--out", "no/x.pem"], 1, "no/x.pem"),
                             (["--csr", "ca-next.csr", "--out", "x.pem", "--country", "Germany"], 1, "country"),
                             (["--csr", "ca-next.csr", "--out", "x.pem", "--root-key", "open.key"], 1, "chmod 600"),
                             (["--csr", "ca-next.csr", "--out", "x.pem", "--root-key", "locked.key"], 1, "locked.key"),
                             (["--csr", "ca-next.csr", "--out", "x.pem", "--root", stack.path("server.pem")], 1, "server.pem")):
        done = run([CTL, *words, *more], cwd=vault, env=nowhere)
        t.check(done.returncode == code and part in done.stderr and "mend: " in done.stderr and done.stdout == "",
                "ca sign %s is exit code %d" % (more, code), done)
    t.check(not os.path.exists(os.path.join(vault, "x.pem")), "and leaves no file")
    done = run([CTL, *words, "--root-key", "locked.key", "--passphrase-file", "secret", "--csr", "ca-next.csr", "--out", "-"], cwd=vault)
    t.check(done.returncode == 0 and done.stdout.startswith("-----BEGIN CERTIFICATE-----"), "an encrypted key, and stdout", done)
    done = run([CTL, *words, "--csr", "ca-next.csr", "--out", "a b.pem"], cwd=vault)
    says(done, 0, r"next, where the service is\s+musterctl ca rotate --certificate 'a b.pem' --yes")
    done = run([CTL, *words, "--csr", "ca-next.csr", "--out", "j.pem", "--json"], cwd=vault)
    t.equal((json.loads(done.stdout)["schema"], json.loads(done.stdout)["certificateFile"]), (SHAPES["ca sign"][0], "j.pem"), "as JSON")
    done = shell(vault, command, stack)
    says(done, 0, r"signed\s+ca-next.pem", r"next, where the service is\s+musterctl ca rotate --certificate ca-next.pem --yes")
    made = os.path.join(vault, "ca-next.pem")
    t.equal(stat.S_IMODE(os.stat(made).st_mode), 0o600, "the umask is 077")
    said = run(["openssl", "verify", "-x509_strict", "-CAfile", os.path.join(vault, "root.pem"), made])
    t.equal(said.returncode, 0, "openssl verifies what was signed")
    os.mkfifo(os.path.join(vault, "late.csr"))
    waiting = start([CTL, *words, "--csr", "late.csr", "--out", "y.pem"], cwd=vault)
    wait_for(lambda: "0077" in read("/proc/%d/status" % waiting.pid), 5)
    limits = re.search(r"Max core file size\s+(\d+)\s+(\d+)", read("/proc/%d/limits" % waiting.pid))
    t.equal((limits and limits.groups(), re.search(r"Umask:\s+(\d+)", read("/proc/%d/status" % waiting.pid)).group(1)),
            (("0", "0"), "0077"), "no core dump, no file for others, while the root's key may be there")
    write(os.path.join(vault, "late.csr"), "no request\n")
    t.equal(waiting.wait(10), 1, "and it ends")


def who_may(stack):
    """A viewer looks; an operator takes care of devices; the authority is the administrators'."""
    end(stack.service)
    operator = stack.add_operator("op", "operator", "")
    stack.start_service()
    stack.wait_ready()
    known = json.loads(stack.ctl("certificate", "list", "--json").stdout)["items"][-1]["certificateId"]
    look = [["certificate", "list"], ["certificate", "show", known], ["certificate", "validate", known], ["ca", "show"], ["ca", "crl"]]
    manage = [["device", "release", "d4"], ["certificate", "renew", "d4"], ["certificate", "revoke", known, "--yes"]]
    rule = [["ca", "rotate", "--yes"], ["ca", "drop", "a" * 40, "--yes"]]
    wait_for(lambda: stack.ctl("ca", "crl").returncode == 0, 5)
    for key, codes in ((stack.viewer, (0, 5, 5)), (operator, (0, 0, 5))):
        where = folder()
        write(os.path.join(where, "admin.key"), key)
        write(os.path.join(where, "muster.conf"), read(stack.path("muster.conf")))
        for words, code in [(words, code) for group, code in zip((look, manage, rule), codes) for words in group]:
            done = run([CTL, "--dir", where] + words)
            t.check(done.returncode == code, "%s... %s is exit code %d" % (key[:8], " ".join(words), code), done)


t.run(usage, validating, revoking, long_line, not_all_is_verified, without_a_gate, authority_ends, the_list_in_parts, the_list_is_replaced, rollover,
      another_passphrase)
