#!/usr/bin/python3
"""Crashes of the service and of the broker while devices are online and events flow."""
import random
import signal
import threading
import time

from muster import SLOW, Checks, Client, Stack, end, wait_for

t = Checks()
FLEET = 50


def names(count=FLEET):
    return ["dev%02d" % number for number in range(count)]


class Device(Client):
    """One device with its own connection and last will, heartbeats by hand."""

    def __init__(self, port, uuid, session="s1"):
        self.uuid, self.session = uuid, session
        self.prefix = "muster/v1/device/%s/" % uuid
        super().__init__(port, uuid, will=(self.prefix + "will", {"session": session}))

    def say(self, operation, **more):
        return self.publish(self.prefix + operation, {"session": self.session, **more})


def bring_online(stack, asker, devices):
    """Registered and connected; the fleet is online in the database."""
    for uuid in devices:
        stack.register(asker, uuid)
    for uuid in devices:
        asker.device(uuid, "connect", {"session": "s1"})
    t.equal(stack.one("SELECT count(*) FROM presence WHERE online"), len(devices), "all are online")


def offline_events(stack):
    return stack.rows("SELECT uuid, body FROM event WHERE type = 'status_changed' AND body LIKE '%\"to\":\"offline\"%'")


def all_delivered(stack, recorder):
    """Waits until every event of the database was seen; those that were not."""
    def missing():
        seen = {(event["uuid"], event["sequence"]) for event in recorder.events()}
        return [row for row in stack.rows("SELECT uuid, sequence FROM event") if row not in seen]
    wait_for(lambda: not missing(), 10, 0.2)
    return missing()


def retained_statuses(stack):
    """What a late subscriber is told."""
    late = stack.recorder()
    wait_for(lambda: sum(late.status(uuid) is not None for uuid in names()) == FLEET, 5)
    time.sleep(0.3)
    found = {uuid: late.status(uuid) for uuid in names()}
    late.close()
    return found


# --- the service ------------------------------------------------------------------------------------------------------

def churn(asker, seconds):
    """Events as fast as one sender makes them: devices go, come back, change their names."""
    until, sent = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        uuid = random.choice(names(25))  # the other half stays as it is
        for operation, body in random.choice([(("update", {"deviceName": "n%d" % sent}),), (("disconnect", {}),),
                                              (("disconnect", {}), ("connect", {"session": "s%d" % sent}))]):
            asker.publish("muster/v1/device/%s/%s" % (uuid, operation), body)
        sent += 1
        time.sleep(0.002)
    return sent


def service_is_killed_while_events_flow():
    with Stack("offline_after_seconds 6", "last_will_grace_seconds 1", "heartbeat_seconds 1") as stack:
        asker, recorder = stack.asker(), stack.recorder()
        bring_online(stack, asker, names())
        for _ in range(5):
            churn(asker, random.uniform(0.2, 0.6))
            stack.kill_service()
            time.sleep(random.uniform(0, 0.3))
            stack.start_service()
            stack.wait_ready()
        for uuid in names():  # all come back, as devices do that had no answer
            asker.insist("muster/v1/device/%s/connect" % uuid, {"session": "end"})
        check_after_kill(stack, recorder)


def check_after_kill(stack, recorder):
    t.equal(stack.one("SELECT count(*) FROM device"), FLEET, "no device is lost")
    t.equal(all_delivered(stack, recorder), [], "every committed event is delivered")
    t.equal(recorder.gaps(), [], "each device's events come in order and without a gap")
    gaps = stack.rows("SELECT device FROM presence p WHERE event_sequence <> (SELECT count(*) FROM event e WHERE e.device = p.device)")
    t.equal(gaps, [], "the sequences in the database have no gap")
    quiet = [(uuid, body) for uuid, body in offline_events(stack) if uuid in names()[25:]]
    t.equal(quiet, [], "nobody goes offline because the service was away")
    wrong = [(uuid, body) for uuid, body in offline_events(stack) if '"reason":"disconnect"' not in body]
    t.equal(wrong, [], "whoever went offline had said so")
    broken = [changes for changes in map(recorder.changes, names())
              if any(a[1] != b[0] for a, b in zip(changes, changes[1:]))]
    t.equal(broken, [], "each status begins where the one before ended")
    t.equal({u: s for u, s in retained_statuses(stack).items() if s != "online"}, {}, "the retained status is right")
    silent_after_restart(stack)


def silent_after_restart(stack):
    """After a restart each device has its whole time; then silence counts again."""
    begin = time.monotonic()  # the service cannot have heard before
    stack.restart_service()
    stack.wait_ready()
    ready = time.monotonic()
    time.sleep(max(0, begin + 5.5 - ready))
    t.equal(stack.one("SELECT count(*) FROM presence WHERE online"), FLEET, "nobody is offline before the whole time is over")
    gone = wait_for(lambda: stack.one("SELECT count(*) FROM presence WHERE online") == 0, 8, 0.1)
    t.check(gone, "silence of all is noticed")
    now = time.monotonic()
    t.check(now - begin >= 6 and now - ready <= 9 * SLOW, "after the time that the configuration says", (now - begin, now - ready))
    reasons = {body.split('"reason":"')[1].split('"')[0] for _, body in offline_events(stack)}
    t.equal(reasons, {"disconnect", "heartbeat_timeout"}, "with heartbeat_timeout as the reason")
    timeouts = [uuid for uuid, body in offline_events(stack) if "heartbeat_timeout" in body]
    t.equal(sorted(timeouts), names(), "once each")
    wait_for(lambda: set(retained_statuses(stack).values()) == {"offline"}, 3)
    t.equal(set(retained_statuses(stack).values()), {"offline"}, "the retained status says so")


def events_wait_for_the_broker():
    """Events that are committed while the broker is away, or just before a kill, are delivered afterwards."""
    with Stack("offline_after_seconds 2") as stack:
        asker, recorder = stack.asker(), stack.recorder()
        for uuid in names(20):
            stack.register(asker, uuid)
        sent = [asker.send("muster/v1/device/%s/connect" % uuid, {"session": "s"}) for uuid in names(20)]
        asker.wait(sent[0])
        stack.kill_service()  # most of the events were never acknowledged
        stack.start_service()
        stack.wait_ready()
        t.equal(all_delivered(stack, recorder), [], "events of before the kill are delivered after it")
        t.equal(recorder.gaps(), [], "in order")


def stopped_in_good_order():
    with Stack() as stack:
        asker, recorder = stack.asker(), stack.recorder()
        bring_online(stack, asker, names(3))
        t.equal(end(stack.service), 0, "SIGTERM ends the service with exit code 0")
        state = wait_for(lambda: [b for topic, b in recorder.seen if topic == "muster/v1/service/state" and not b["online"]], 3)
        t.check(state, "it says that it is offline")
        stack.start_service()
        stack.wait_ready()
        t.equal(offline_events(stack), [], "nobody is offline because of it")
        stack.kill_service()
        state = wait_for(lambda: [b for topic, b in recorder.seen if topic == "muster/v1/service/state"][-1]["online"] is False, 3)
        t.check(state, "its last will says that it is offline after a kill")
        t.equal(all_delivered(stack, recorder), [], "every event is delivered")


# --- the broker -------------------------------------------------------------------------------------------------------

def fleet_online(stack, count):
    asker = stack.asker()
    for uuid in names(count):
        stack.register(asker, uuid)
    devices = [stack.client(Device, uuid) for uuid in names(count)]
    for device in devices:
        device.say("connect").wait_for_publish(5)
    wait_for(lambda: stack.one("SELECT count(*) FROM presence WHERE online") == count, 5)
    return asker, devices


def served_within(stack, asker, uuid, seconds=15):
    """How long until a request has its answer."""
    begun = time.monotonic()
    answer = asker.insist("muster/v1/device/%s/get" % uuid, {}, seconds, 0.5)
    t.check(answer is not None and not answer.code, "requests are served again within %d s" % seconds, answer)
    print("# served again after %.1f s" % (time.monotonic() - begun))


def come_back(devices, seconds):
    """Every device has reconnected and says connect; then heartbeats for a while."""
    for device in devices:
        device.up(15)
        device.say("connect")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for device in devices:
            device.say("heartbeat")
        time.sleep(0.5)


def broker_is_killed():
    with Stack("offline_after_seconds 3", "last_will_grace_seconds 1") as stack:
        asker, devices = fleet_online(stack, 20)
        for away in (0, 4):  # at once, and after longer than the threshold
            end(stack.broker, signal.SIGKILL)
            time.sleep(away)
            t.equal(offline_events(stack), [], "nobody is offline while the broker is away")
            stack.start_broker()
            served_within(stack, asker, "dev00")
            come_back(devices, 3)
            t.equal(offline_events(stack), [], "nobody is offline after a kill of the broker and %d s" % away)
        t.check(stack.service.poll() is None, "the service was not restarted")
        recorder = stack.recorder()
        asker.device("dev01", "update", {"deviceName": "x"})
        t.check(wait_for(lambda: recorder.events("dev01", "updated"), 5), "events flow again")


def broker_is_stopped():
    """SIGTERM: mosquitto publishes every last will on its way out, or the clients' connections end."""
    with Stack("offline_after_seconds 6", "last_will_grace_seconds 2") as stack:
        asker, devices = fleet_online(stack, 20)
        for turn in range(2):
            end(stack.broker, signal.SIGTERM)
            time.sleep(random.uniform(0, 2.5))
            stack.start_broker()
            served_within(stack, asker, "dev00")
            come_back(devices, 3)
            t.equal(offline_events(stack), [], "nobody is offline after the broker was stopped (%d)" % turn)


def who_does_not_come_back():
    """A broker's restart hides nobody for ever: who stays away is offline after the whole time."""
    with Stack("offline_after_seconds 3", "last_will_grace_seconds 1") as stack:
        asker, devices = fleet_online(stack, 4)
        lost = devices.pop()
        stack.clients.remove(lost)
        end(stack.broker, signal.SIGTERM)
        lost.close()
        stack.start_broker()
        served_within(stack, asker, "dev00")
        come_back(devices, 5)
        told = [(uuid, "heartbeat_timeout" in body or "last_will" in body) for uuid, body in offline_events(stack)]
        t.equal(told, [(lost.uuid, True)], "only who stayed away is offline")


def last_will_and_grace():
    """A dropped connection is offline after the grace, and not at all when the device is back within it."""
    with Stack("offline_after_seconds 60", "last_will_grace_seconds 2") as stack:
        _, devices = fleet_online(stack, 2)
        recorder = stack.recorder()
        dropped = time.monotonic()
        for device in devices:
            stack.clients.remove(device)
            device.drop()  # takes up to a second
        back = stack.client(Device, devices[1].uuid, "s2")
        back.say("connect")
        t.check(wait_for(lambda: recorder.changes("dev00"), 6), "a dropped connection is noticed")
        t.check(1.9 <= time.monotonic() - dropped <= 6 * SLOW, "after the grace", time.monotonic() - dropped)
        time.sleep(1)
        t.equal(recorder.changes("dev00"), [("online", "offline", "last_will")], "once, as last_will")
        t.equal(recorder.changes("dev01"), [], "who is back within the grace stays online")
        back.say("disconnect")
        t.check(wait_for(lambda: recorder.changes("dev01"), 1.5), "a disconnect takes effect at once")


FLOOD = 20000


def load_takes_nobody_offline():
    """While requests wait in the queue, so may the heartbeats behind them: silence is not judged by the clock."""
    with Stack("offline_after_seconds 2", "last_will_grace_seconds 1", "heartbeat_seconds 1") as stack:
        asker, recorder = stack.asker(), stack.recorder()
        bring_online(stack, asker, ["alive"])
        key, _ = stack.new_key(asker, uses=FLOOD)
        device = stack.client(Device, "alive")
        end_at = threading.Event()
        beats = threading.Thread(target=lambda: [device.say("heartbeat") for _ in iter(lambda: end_at.wait(0.3), True)])
        beats.start()
        flooder, body = stack.client(Client), {"provisioningKey": key}
        for number in range(FLOOD):
            flooder.publish("muster/v1/device/flood%05d/register" % number, body, qos=0)
        t.check(wait_for(lambda: stack.one("SELECT count(*) FROM device") == FLOOD + 1, 60, 0.5), "all are registered")
        time.sleep(2.5)
        end_at.set()
        beats.join()
        gone = [body for uuid, body in offline_events(stack) if uuid == "alive"]
        t.equal(gone, [], "who beats stays online")
        t.equal([line for line in stack.log().splitlines() if " deaf " in line], [], "the service stays with its broker")
        t.equal(recorder.gaps(), [], "the events come without a gap")


t.run(service_is_killed_while_events_flow, events_wait_for_the_broker, stopped_in_good_order, broker_is_killed,
      broker_is_stopped, who_does_not_come_back, last_will_and_grace, load_takes_nobody_offline)
