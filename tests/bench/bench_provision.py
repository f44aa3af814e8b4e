"""Devices per second that provision in one shot by CSR, over MQTT, against one core that does only what must be done; and
the same with a million devices in the database against a thousand."""
import time

from claiming import OpenStand, null_issuer, rows_of
from stand import median, settle

PAIRS = 3
DEVICES = 10000
FLAT_PAIRS = 5
FLAT_DEVICES = 5000
FEW, MANY = 1000, 1000000
QUIET = "retained_status false"


def same_rows(figures, stand, before, null_database):
    """The null writes as many rows into every table as the service, and about as many octets."""
    settle(1)
    (ours, octets), (null, null_octets) = rows_of(stand.database), rows_of(null_database)
    wrong = [table for table, count in ours.items()
             if table not in ("meta", "tenant", "provisioning_key") and count - before[table] != null[table]]
    figures.add("tables with other rows than the null's", len(wrong), ", ".join(wrong), most=0)
    figures.add("octets of the database per device", octets / DEVICES, null_octets / DEVICES, octets / null_octets, most=1.1)


def against_null(figures):
    ours, null, pairs = [], [], []
    for _ in range(PAIRS):
        with OpenStand() as stand:
            before, _ = rows_of(stand.database)
            got = stand.claims(count=DEVICES)
            rate, database = null_issuer(DEVICES)
            ours.append(got["per_second"])
            null.append(rate)
            pairs.append(got["per_second"] / rate)
            if len(pairs) == 1:
                figures.add("devices provisioned", got["accepted"], DEVICES, got["accepted"] / DEVICES, least=1)
                figures.add("request to answer, all waiting, p99", got["p99_ms"], unit="ms")
                same_rows(figures, stand, before, database)
    figures.add("devices provisioned per second", median(ours), median(null), median(pairs), least=0.5)


def register_alone(figures):
    with OpenStand() as stand:
        figures.add("register alone, per second", stand.claims(what="register", count=2 * DEVICES)["per_second"])


def flat(figures):
    """The large database takes all runs, the small one is a new one each time. Without the retained status, which would
    be told of a million devices meanwhile."""
    large, small, pairs = [], [], []
    with OpenStand(QUIET, devices=MANY) as many:
        for number in range(FLAT_PAIRS):
            with OpenStand(QUIET, devices=FEW) as few:
                runs = [(large, many), (small, few)]
                for rates, stand in runs if number % 2 else reversed(runs):
                    rates.append(stand.claims(count=FLAT_DEVICES, first=number * FLAT_DEVICES, name="p%d" % number)
                                 ["per_second"])
                    time.sleep(0.5)
            pairs.append(large[-1] / small[-1])
    figures.add("provisioned per second, %d devices against %d" % (MANY, FEW), median(large), median(small),
                median(pairs), least=0.8)


def measure(figures):
    against_null(figures)
    register_alone(figures)
    flat(figures)
