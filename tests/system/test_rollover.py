#!/usr/bin/python3
"""Another issuing CA under a living fleet: who is connected stays, who comes with an old certificate is let in, who
enrols is admitted at once; also when the service dies in the middle of it and the broker is restarted."""
import itertools
import os
import shutil
import threading
import time

from connected import Fleet
from muster import Checks, end, program, read, run, verify_world, wait_for
from wire import TLS

t = Checks()
FLEET, NEWCOMERS, HANDS = 200, 20, 3


class Knocking:
    """Devices that connect anew all the time, knowing the authority as it was before; `trouble` is who was not let in."""

    def __init__(self, stack, names):
        self.stack, self.over, self.count, self.trouble, self.paused = stack, False, 0, [], threading.Event()
        self.threads = [threading.Thread(target=self.go_on, args=(names[number::HANDS], number), daemon=True) for number in range(HANDS)]
        for each in self.threads:
            each.start()

    def go_on(self, names, number):
        for uuid in itertools.cycle(names):
            if self.over:
                return
            code, wire = self.stack.knock(uuid, "%s~again" % uuid)
            self.count += 1
            if code != 0:
                self.trouble.append((uuid, code, wire.why, number))

    def wait(self, more, seconds=30):
        """Until so many more have come."""
        least = self.count + more
        return wait_for(lambda: self.count >= least, seconds)

    def stop(self):
        self.over = True
        for each in self.threads:
            each.join()


def roles(stack, boss):
    return {issuer["role"]: issuer["issuerId"] for issuer in (stack.ca(boss, "show") or {}).get("issuers", [])}


def drop(stack, boss, issuer):
    """The answer, as soon as no list is being made."""
    answers = []

    def answered():
        answers.append(stack.ca(boss, "drop", {"issuerId": issuer}))
        return answers[-1].code != "rate_limited"

    wait_for(answered, 10)
    return answers[-1]


def is_current(stack, boss, issuer, seconds=10):
    return wait_for(lambda: roles(stack, boss).get("current") == issuer, seconds, 0.02)


def enrol_and_enter(stack, uuid):
    """None, or what was wrong with a device that enrols now and connects at once."""
    stack.certify(uuid)
    code, wire = stack.knock(uuid, uuid)
    return None if code == 0 else (uuid, code, wire.why, stack.issuer_of(uuid))


def keep_old_bundle(stack):
    """Devices of the old days know what ca.pem was, and no more."""
    shutil.copy(stack.path("ca.pem"), stack.path("old-bundle.pem"))
    for uuid in stack.names:
        stack.identity(uuid, "old-bundle.pem")


def rolled_over_in_peace():
    with Fleet(FLEET) as stack:
        keep_old_bundle(stack)
        boss, watch = stack.operator("boss"), stack.connect_all(stack.names)
        old, knocking = roles(stack, boss)["current"], Knocking(stack, stack.names)
        t.check(knocking.wait(FLEET), "all come with old certificates before", knocking.count)
        begun, answer = time.monotonic(), stack.ca(boss, "rotate")
        new = (answer or {}).get("issuerId")
        t.check(new and new != old and answer.get("role") == "next", "the answer names the next issuer", answer)
        trouble = [enrol_and_enter(stack, "during-%d" % number) for number in range(NEWCOMERS // 2)]
        t.check(is_current(stack, boss, new), "the next issuer becomes the current one", stack.ca(boss, "show"))
        print("# current after %.2f s" % (time.monotonic() - begun))
        t.check(knocking.wait(FLEET), "all come with old certificates after", knocking.count)
        trouble += [enrol_and_enter(stack, "after-%d" % number) for number in range(NEWCOMERS // 2)]
        knocking.stop()
        t.equal([each for each in trouble if each], [], "who enrols meanwhile is admitted at once")
        t.equal({stack.issuer_of("after-%d" % number) for number in range(NEWCOMERS // 2)}, {new}, "by the new issuer afterwards")
        t.equal(knocking.trouble[:3], [], "none of the old certificates is refused")
        t.equal(watch.lost(), [], "nobody is disconnected")
        print("# %d logins with old certificates" % knocking.count)
        devices_come_over(stack, watch, boss, old, new)


def renew_and_enter(stack, uuid, bundle="ca.pem"):
    stack.renew(uuid, uuid + "-new")
    stack.identity(uuid + "-new", bundle)
    return stack.knock(uuid + "-new", uuid + "~new")[0]


def devices_come_over(stack, watch, boss, old, new):
    """Renewed or revoked, one after the other; the old issuer goes when nobody needs it."""
    t.equal(renew_and_enter(stack, "dev-000", "old-bundle.pem"), 0, "a device that renews, and knows the old bundle alone, comes in")
    t.equal(stack.issuer_of("dev-000-new"), new, "with a certificate of the new issuer")
    heard = stack.connect("dev-000", "dev-000-new")
    heard.drop()
    answer = stack.ca(boss, "drop", {"issuerId": old})
    t.equal((answer or {}).get("error", {}).get("code"), "invalid_state", "an issuer with living certificates is not dropped")
    stays, goes = stack.names[1:FLEET // 10], stack.names[FLEET // 10:]
    t.equal({renew_and_enter(stack, uuid) for uuid in stays}, {0}, "devices renew")
    for uuid in goes:
        stack.certificate(boss, "revoke", stack.devices[uuid]["certificateId"], reason="superseded")
    left = [name for name in stack.devices if name.startswith("during") and stack.issuer_of(name) == old]
    for uuid in left:
        stack.certificate(boss, "revoke", stack.devices[uuid]["certificateId"])
    living = stack.connect_all(["after-%d" % number for number in range(NEWCOMERS // 2)])
    stays = [uuid for uuid in stays + ["dev-000"] if uuid + "-new" in stack.identities]
    t.check(wait_for(lambda: len(watch.closed) == FLEET, 5), "whoever is connected with an old certificate goes", len(watch.closed))
    watch.stop()
    dropped(stack, boss, old, stays, living)


def dropped(stack, boss, old, stays, living):
    wrong = verify_world(stack.database, stack.path("ca.pem"))
    t.equal(wrong, [], "openssl verifies all certificates while both issuers are in the bundle")
    t.equal(drop(stack, boss, old).get("dropped"), True, "without living certificates it is")
    t.check(old not in roles(stack, boss).values() or roles(stack, boss).get("root") == old, "it is none of the issuers any more",
            roles(stack, boss))
    refused = wait_for(lambda: "unknown ca" in stack.knock("dev-001", "dev-001")[1].why.lower().replace("_", " "), 5)
    t.check(refused, "TLS itself refuses its certificates: it does not know who signed them", stack.knock("dev-001", "dev-001")[1].why)
    chained(stack)
    t.equal({stack.knock(uuid + "-new", uuid)[0] for uuid in stays}, {0}, "who has one of the new issuer comes in")
    t.equal(enrol_and_enter(stack, "last"), None, "and so does who enrols now")
    t.equal(living.lost(), [], "nobody was disconnected")
    t.equal(stack.torn(), [], "the lists are in order")
    living.stop()
    stack.VERIFIES = False  # what was dropped nobody verifies


def chained(stack):
    """Who knows the old issuer's certificate may send it along, up to the root that is still trusted."""
    certificates = read(stack.path("old-bundle.pem")).split("-----END CERTIFICATE-----\n")
    stack.write("chained.pem", read(stack.path("dev-001.pem")) + certificates[0] + "-----END CERTIFICATE-----\n")
    shutil.copy(stack.path("dev-001.key"), stack.path("chained.key"))
    code, wire = stack.knock("chained", "dev-001")
    t.equal(code, TLS, "nor does it with the old issuer's certificate behind its own: " + wire.why)


class Apart(Fleet):
    """The service comes over mutual TLS, with a certificate of its own."""
    INIT = ["--bind", "127.0.0.1", "--broker-host", "localhost"]


def the_service_does_not_lock_itself_out():
    with Apart(1) as stack:
        boss = stack.operator("boss")
        old, new = roles(stack, boss)["current"], stack.ca(boss, "rotate")["issuerId"]
        t.check(is_current(stack, boss, new), "another issuer is the current one", roles(stack, boss))
        stack.certificate(boss, "revoke", stack.devices["dev-000"]["certificateId"])
        answer = drop(stack, boss, old)
        t.check(answer.code == "invalid_state" and "broker_certificate_file" in answer["error"]["message"],
                "the issuer of the service's own certificate is not dropped", answer)
        os.remove(stack.path("service.pem"))
        done = run([program("musterctl"), "init", *stack.INIT, "--dir", stack.directory])
        t.equal(done.returncode, 0, "init makes another one: " + done.stderr)
        stack.restart_service()
        stack.wait_ready()
        boss = stack.operator("boss")
        wrong = verify_world(stack.database, stack.path("ca.pem"))
        t.equal(wrong, [], "openssl verifies all certificates")
        t.equal(drop(stack, boss, old).get("dropped"), True, "then it is")
        end(stack.broker)
        stack.start_broker()
        t.check(stack.wait_ready(), "and the service comes back to a broker that was restarted")
        stack.VERIFIES = False


def shown_by_the_broker(stack):
    """The serial and the end of the certificate that the broker shows now."""
    wire = stack.wire("tls")
    wire.open()
    shown = wire.sock.getpeercert() if wire.sock and not wire.closed else {}
    wire.drop()
    return shown.get("serialNumber"), shown.get("notAfter")


def the_brokers_own_certificate_is_renewed():
    """Two thirds of its life are over when the service starts: the broker has the next one, whoever it runs as."""
    with Fleet(go=False) as stack:
        stack.write("old.conf", "[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nrand_serial=yes\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\n"
                    "[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"
                    "keyUsage=digitalSignature\nbasicConstraints=CA:false\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
                    % (stack.path("index"), stack.directory))
        stack.write("index", "")
        stack.write("old.csr", run(["openssl", "req", "-new", "-key", stack.path("server.key"), "-subj", "/CN=localhost"]).stdout)
        day = lambda days: time.strftime("%Y%m%d000000Z", time.gmtime(time.time() + days * 86400))
        made = run(["openssl", "ca", "-batch", "-notext", "-config", stack.path("old.conf"), "-extensions", "e", "-in", stack.path("old.csr"),
                    "-out", stack.path("old-server.pem"), "-cert", stack.path("ca.pem"), "-keyfile", stack.path("ca.key"), "-startdate",
                    day(-300), "-enddate", day(97)])
        t.equal(made.returncode, 0, "openssl makes an old certificate: " + made.stderr[-200:])
        certificates = read(stack.path("ca.pem")).split("-----END CERTIFICATE-----\n")
        stack.write("server.pem", read(stack.path("old-server.pem")) + certificates[0] + "-----END CERTIFICATE-----\n")
        stack.start_broker()
        old = shown_by_the_broker(stack)
        t.check(old[0], "the broker shows it", old)
        stack.start_service()
        stack.wait_ready()
        new = wait_for(lambda: [each for each in [shown_by_the_broker(stack)] if each[0] not in (None, old[0])], 5)
        t.check(new, "the broker shows another one after its next reload", stack.broker_log()[-500:])
        end(stack.broker)
        stack.start_broker()
        stack.wait_ready()
        t.check(shown_by_the_broker(stack)[0] not in (None, old[0]), "and starts with it", stack.broker_log()[-500:])


def killed_in_the_middle():
    """The service is killed as soon as the rotation is answered, and the broker restarted in between."""
    with Fleet(FLEET // 4) as stack:
        keep_old_bundle(stack)
        boss = stack.operator("boss")
        old = roles(stack, boss)["current"]
        new = stack.ca(boss, "rotate")["issuerId"]
        stack.kill_service()
        t.equal([uuid for uuid in stack.names if stack.knock(uuid, uuid)[0] != 0], [], "without a service old certificates come in")
        end(stack.broker)
        stack.start_broker()
        t.equal([uuid for uuid in stack.names if stack.knock(uuid, uuid)[0] != 0], [], "and so they do after a restart of the broker")
        stack.start_service()
        stack.wait_ready()
        trouble = [enrol_and_enter(stack, "during-%d" % number) for number in range(NEWCOMERS // 2)]
        boss = stack.operator("boss")
        t.check(is_current(stack, boss, new), "it completes by itself", roles(stack, boss))
        trouble += [enrol_and_enter(stack, "after-%d" % number) for number in range(NEWCOMERS // 2)]
        t.equal([each for each in trouble if each], [], "who enrols is admitted at once")
        t.equal(stack.issuer_of("after-1"), new, "with a certificate of the new issuer")
        t.equal([uuid for uuid in stack.names if stack.knock(uuid, uuid)[0] != 0], [], "old certificates come in")
        t.equal(renew_and_enter(stack, "dev-000"), 0, "a device that renews comes in")
        t.check(old in read(stack.path("ca.pem")) or len(roles(stack, boss)) >= 2, "the old issuer is still there", roles(stack, boss))
        t.equal(stack.torn(), [], "the lists are in order")


def broker_restarts_meanwhile():
    """The broker that was to learn of the new issuer goes, and comes back."""
    with Fleet(FLEET // 4) as stack:
        keep_old_bundle(stack)
        boss = stack.operator("boss")
        new = stack.ca(boss, "rotate")["issuerId"]
        end(stack.broker)
        stack.start_broker()
        stack.wait_ready()
        trouble = [enrol_and_enter(stack, "during-%d" % number) for number in range(NEWCOMERS // 4)]
        boss = stack.operator("boss")
        t.check(is_current(stack, boss, new), "it completes by itself", stack.ca(boss, "show"))
        trouble += [enrol_and_enter(stack, "after-%d" % number) for number in range(NEWCOMERS // 4)]
        t.equal([each for each in trouble if each], [], "who enrols is admitted at once")
        t.equal([uuid for uuid in stack.names if stack.knock(uuid, uuid)[0] != 0], [], "old certificates come in")


t.run(rolled_over_in_peace, killed_in_the_middle, broker_restarts_meanwhile,
      the_service_does_not_lock_itself_out, the_brokers_own_certificate_is_renewed)
