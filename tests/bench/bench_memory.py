"""Resident memory of the service with a million devices that are online, after its start and after heartbeats from all of
them; and of the broker, without and with the retained status of each device. Megabytes are 10^6 octets."""
from fleet import DEVICES, FleetStand, memory_mb
from stand import settle

BAR_MB = 130
RATE = 40000  # the broker keeps nothing back at this rate


def flood(stand):
    """Heartbeats of all; as many as the service says that it had."""
    before = stand.overview()["heartbeats"]
    stand.fleet("beat", rate=RATE, count=DEVICES, payload='{"metrics":{"temperature":21.5}}')
    settle(2)
    return stand.overview()["heartbeats"] - before


def measure(figures):
    with FleetStand() as stand:
        broker, service = stand.start_broker(True), stand.start_service()
        settle(1)
        figures.add("service, RSS after the start", memory_mb(service.pid), most=BAR_MB, unit="MB")
        heard = flood(stand)
        figures.add("heartbeats of all devices that were heard", heard, DEVICES, heard / DEVICES, least=0.999)
        figures.add("service, RSS after heartbeats of all", memory_mb(service.pid), most=BAR_MB, unit="MB")
        figures.add("service, its highest RSS", memory_mb(service.pid, "VmHWM"), unit="MB")
        figures.add("service, PSS", memory_mb(service.pid, "Pss", "smaps_rollup"), unit="MB")
        figures.add("service, private and written", memory_mb(service.pid, "Private_Dirty", "smaps_rollup"), unit="MB")
        figures.add("broker, RSS without retained status", memory_mb(broker.pid), unit="MB")
        # What the service would publish of each, by somebody who is quicker.
        stand.fleet("beat", count=DEVICES, retained=1)
        figures.add("broker, RSS with retained status", memory_mb(broker.pid), unit="MB")
