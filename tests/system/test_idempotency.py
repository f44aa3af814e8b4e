#!/usr/bin/python3
"""The same request again and again, also with the service killed in between: one answer, one device, one certificate."""
import json
import random
import threading
import time

from muster import Checks, Stack, folder, make_csr, wait_for

t = Checks()


# --- three times the same ---------------------------------------------------------------------------------------------

def requests(stack):
    """name -> (topic, body): one of each operation that changes something, each with a requestId."""
    def device(uuid, operation, **body):
        return "muster/v1/device/%s/%s" % (uuid, operation), {"requestId": uuid + "-1", **body}

    key, admin = {"provisioningKey": stack.key}, {"operatorKey": stack.admin, "requestId": "a-1"}
    where = folder()
    return {
        "register": device("reg", "register", deviceName="R", **key),
        "provision with CSR": device("own", "provision", csr=make_csr(where, "own")),
        "provision without CSR": device("made", "provision"),
        "one shot with CSR": device("shot", "provision", csr=make_csr(where, "shot"), deviceName="S", **key),
        "one shot without CSR": device("shot2", "provision", keyType="ec:p256", **key),
        "connect": device("on", "connect", session="s"),
        "update": device("on", "update", deviceName="new") and ("muster/v1/device/on/update",
                                                              {"requestId": "on-2", "deviceName": "new"}),
        "reset": device("again", "reset"),
        "device/create": ("muster/v1/admin/tester/device/create", {**admin, "uuid": "hand"}),
        "key/create": ("muster/v1/admin/tester/key/create", {**admin, "requestId": "a-2", "uses": 7}),
    }


def prepare(stack, asker):
    for uuid in ("own", "made", "on", "again"):
        stack.register(asker, uuid)


def ask_three_times(stack, between):
    """name -> its three answers; `between` happens between two of them."""
    asker, found = stack.asker(), {}
    prepare(stack, asker)
    for name, (topic, body) in requests(stack).items():
        found[name] = []
        for turn in range(3):
            found[name].append(asker.insist(topic, body, every=0.4))
            if turn < 2:
                between(stack)
    return found


def check_three(stack, found):
    for name, answers in found.items():
        good = all(a is not None and not a.code for a in answers)
        t.check(good, name + " is accepted", answers)
        t.check(good and answers[0].raw == answers[1].raw == answers[2].raw, name + ": three equal answers", answers)
    uuids = ["again", "hand", "made", "on", "own", "reg", "shot", "shot2"]
    t.equal([row[0] for row in stack.rows("SELECT uuid FROM device ORDER BY uuid")], uuids, "one device each")
    certified = ["made", "own", "shot", "shot2"]
    t.equal([row[0] for row in stack.rows("SELECT uuid FROM certificate WHERE device IS NOT NULL ORDER BY uuid")], certified,
            "one certificate each")
    t.equal(stack.one("SELECT count(*) FROM intent"), 0, "no open intent")
    t.equal(stack.one("SELECT count(*) FROM provisioning_key"), 2, "one new provisioning key")
    t.equal(stack.one("SELECT count(*) FROM event WHERE type = 'registered'"), len(uuids), "one registered event each")
    t.equal(stack.one("SELECT count(*) FROM event WHERE type = 'certificate_issued'"), 4, "one certificate_issued each")
    used = stack.one("SELECT used FROM provisioning_key WHERE id = ?", stack.key.split("_")[1])
    t.equal(used, 7, "the key counts once per uuid")
    t.check(found["one shot with CSR"][2].get("apiKey") and found["one shot without CSR"][2].get("privateKeyPem"),
            "secrets are repeated until they were first used")
    for name in ("own", "made", "shot", "shot2"):
        stored = stack.rows("SELECT certificate_id FROM certificate WHERE uuid = ? AND device IS NOT NULL", name)
        told = [a["certificateId"] for answers in found.values() for a in answers[:1] if
                a.get("certificateId") and a.topic.split("/")[3] == name]
        t.equal(told, [stored[0][0]], name + ": the answer names the certificate of the database")


def repeated():
    with Stack() as stack:
        check_three(stack, ask_three_times(stack, lambda _: None))


def repeated_with_kills():
    with Stack() as stack:
        check_three(stack, ask_three_times(stack, Stack.restart_service))


def all_at_once():
    """Three copies in flight at the same time."""
    with Stack() as stack:
        asker = stack.asker()
        prepare(stack, asker)
        found = {}
        for name, (topic, body) in requests(stack).items():
            sent = [asker.send(topic, body) for _ in range(3)]
            found[name] = [asker.wait(correlation, 20) for correlation in sent]
        check_three(stack, found)


def what_ends_a_repeat():
    """Another body, the first use of the secret, another sender."""
    with Stack() as stack:
        asker = stack.asker()
        body = {"provisioningKey": stack.key, "requestId": "r1"}
        first = asker.device("d1", "register", body)
        t.equal(asker.device("d1", "register", {**body, "deviceName": "x"}).code, "idempotency_conflict", "another body")
        t.equal(asker.device("d1", "provision", body).code, "idempotency_conflict", "another operation")
        other, _ = stack.new_key(asker, uses=5)
        t.equal(asker.device("d1", "register", {**body, "provisioningKey": other}).code, "device_exists", "another key")
        t.equal(asker.device("d2", "register", body).get("uuid"), "d2", "the same requestId for another uuid is its own")
        t.equal(asker.device("d1", "register", body).raw, first.raw, "still the same answer")
        asker.device("d1", "connect", {"session": "s"})
        t.equal(asker.device("d1", "register", body).code, "device_exists", "after the first use the key gets device_exists")
        t.equal(asker.device("d1", "get", {"requestId": "g"})["deviceName"], "", "reads are fresh")
        asker.device("d1", "update", {"deviceName": "now"})
        t.equal(asker.device("d1", "get", {"requestId": "g"})["deviceName"], "now", "reads are fresh under the same requestId")
        twice = [asker.device("d1", "update", {"deviceName": "n"}) for _ in range(2)]
        t.check(all(not a.code for a in twice), "without a requestId nothing is remembered", twice)


# --- a stream of registrations while the service is killed ------------------------------------------------------------

def stream(stack, count, accepted, stop):
    """Registers and provisions `count` devices, twelve at a time, each until it has its answer."""
    asker, todo, lock = stack.asker(), list(range(count)), threading.Lock()
    csr = [make_csr(folder(), "s%d" % i) for i in range(4)]

    def worker():
        while not stop.is_set():
            with lock:
                if not todo:
                    return
                number = todo.pop()
            uuid = "s%03d" % number
            body = {"provisioningKey": stack.key, "requestId": uuid, "tags": {"n": number}}
            operation = "register"
            if number % 5 == 0:
                operation, body["keyType"] = "provision", "ec:p256"
            elif number % 25 == 1:
                operation, body["csr"] = "provision", csr[number // 25]
            answer = asker.insist("muster/v1/device/%s/%s" % (uuid, operation), body, 60, 0.4)
            with lock:
                accepted[uuid] = answer

    threads = [threading.Thread(target=worker) for _ in range(12)]
    for thread in threads:
        thread.start()
    return threads


def killed_during_a_stream():
    with Stack("rsa_pool 0") as stack:
        accepted, stop = {}, threading.Event()
        threads = stream(stack, 100, accepted, stop)
        kills = 0
        deadline = time.monotonic() + 60
        while any(thread.is_alive() for thread in threads) and kills < 25 and time.monotonic() < deadline:
            enough = len(accepted) + random.randint(0, 4)
            wait_for(lambda: len(accepted) >= enough, 3, 0.001)  # pylint: disable=cell-var-from-loop
            time.sleep(random.uniform(0, 0.02))
            stack.restart_service()
            kills += 1
        for thread in threads:
            thread.join(60)
        stop.set()
        stack.wait_ready()
        print("# %d kills" % kills)
        check_stream(stack, accepted)


def check_stream(stack, accepted):
    bad = {uuid: a for uuid, a in accepted.items() if a is None or a.code}
    t.check(len(accepted) == 100 and not bad, "each of 100 registrations is accepted in the end", len(accepted), bad)
    rows = dict(stack.rows("SELECT uuid, device_id FROM device"))
    t.equal(len(rows), 100, "100 rows, no uuid twice")
    wrong = [uuid for uuid, a in accepted.items() if a and not a.code and rows.get(uuid) != a["deviceId"]]
    t.equal(wrong, [], "every accepted deviceId is in the database")
    certificates = dict(stack.rows("SELECT certificate_id, uuid FROM certificate WHERE device IS NOT NULL"))
    wrong = [uuid for uuid, a in accepted.items() if a and a.get("certificateId") and
             certificates.get(a["certificateId"]) != uuid]
    t.equal(wrong, [], "every accepted certificate is in the database")
    t.equal(stack.one("SELECT count(*) FROM intent"), 0, "no open intent")
    twice = stack.rows("SELECT uuid FROM certificate WHERE device IS NOT NULL GROUP BY uuid HAVING count(*) > 1")
    t.equal(twice, [], "no device has two certificates")
    lost = stack.rows("SELECT state, pem IS NULL, ended_at <> 0 FROM certificate WHERE device IS NULL GROUP BY 1, 2, 3")
    t.check(lost in ([], [("revoked", 1, 1)]), "a certificate that was never given out is revoked", lost)
    t.equal(stack.one("SELECT used FROM provisioning_key"), 100, "the key counts each uuid once")
    t.equal(stack.rows("PRAGMA integrity_check"), [("ok",)], "the database is whole")
    check_api_keys(stack, accepted)


def check_api_keys(stack, accepted):
    told = {a["apiKey"].split("_")[1] for a in accepted.values() if a and a.get("apiKey")}
    kept = {row[0] for row in stack.rows("SELECT id FROM api_key")}
    t.equal(len(told - kept), 0, "every API key that was given out is known")


def remembered_json_is_an_answer():
    """The answers that are kept hold no secret in the clear."""
    with Stack() as stack:
        asker = stack.asker()
        answer = asker.device("d1", "provision", {"provisioningKey": stack.key, "requestId": "p", "keyType": "ec:p256"})
        secret = answer["apiKey"].split("_")[2]
        files = b"".join(open(stack.path(name), "rb").read() for name in ("muster.db", "muster.db-wal"))
        t.check(secret.encode() not in files, "an API key's secret is not in the database")
        t.check(b"PRIVATE KEY" not in files, "a private key is not in the database")
        kept = stack.rows("SELECT answer FROM request WHERE request_id = 'p'")
        t.check(kept and "apiKey" not in json.dumps(kept), "nor in the remembered answer")
        t.check(wait_for(lambda: secret not in stack.log(), 1), "nor in the log")


t.run(repeated, repeated_with_kills, all_at_once, what_ends_a_repeat, killed_during_a_stream, remembered_json_is_an_answer)
