"""Devices enrol through gate and service: register with a provisioning key at QoS 1 until the answer is there. Nothing in
the broker's configuration changes, and what the broker holds is stated."""
import hashlib
import os

from stand import Stand, make_key, rss_kib, settle, swarm

DEVICES = int(os.environ.get("ENROL", "100000"))
CONCURRENT = 500


def digest(stand):
    with open(stand.path("mosquitto.conf"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def measure(figures):
    with Stand() as stand:
        broker = stand.start_broker(True)
        stand.start_service()
        key, before, empty = make_key(stand, DEVICES), digest(stand), rss_kib(broker)
        got = swarm("enrol", stand.plain, key, CONCURRENT, DEVICES, "enrol-")
        settle()
        figures.add("devices enrolled", got["enrolled"], DEVICES, got["enrolled"] / DEVICES, least=1)
        figures.add("enrolments per second", got["enrolled"] / got["seconds"])
        figures.add("mosquitto.conf is byte-identical", int(digest(stand) == before), least=1)
        figures.add("broker RSS afterwards", rss_kib(broker), empty, rss_kib(broker) / empty, unit="KiB")
