"""What profile.sh runs: a stand with a fleet that beats, and a profiler on the service."""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fleet import DEVICES, FleetStand, cpu_us  # pylint: disable=wrong-import-position
from stand import end, run, settle  # pylint: disable=wrong-import-position

FUNCTIONS = 12    # of each thread
SECONDS = 10      # by perf
COUNT = 20000     # by callgrind
FEW, BEATING, CHUNK = 1000, 4, 1500


def by_perf(payload):
    with FleetStand() as stand:
        stand.start_broker(True)
        service, data = stand.start_service(), stand.path("perf.data")
        stand.fleet("beat", seconds=3, marker=DEVICES)  # the first touch of memory
        before, cpu = stand.overview()["heartbeats"], cpu_us(service.pid)
        beats = stand.start_fleet("beat", seconds=SECONDS + 2, marker=DEVICES + 400, payload=payload)
        settle(1)
        subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "5000", "-p", str(service.pid), "-o", data, "--", "sleep",
                        str(SECONDS)], check=True, stderr=subprocess.DEVNULL)
        stand.result(beats)
        cost = (cpu_us(service.pid) - cpu) / (stand.overview()["heartbeats"] - before)
        print("%.2f us of CPU per heartbeat" % cost)
        for title, keys, most in (("thread", "comm", 12), ("library", "comm,dso", 20), ("function", "comm,dso,symbol", 60)):
            print("\nus per heartbeat, by " + title)
            shown = run(["perf", "report", "-i", data, "--stdio", "--no-children", "-q", "--sort", keys], 120).stdout
            for line in [each for each in shown.splitlines() if re.match(r" +[\d.]+%", each)][:most]:
                share, rest = line.strip().split("%", 1)
                print("%8.3f  %s" % (float(share) * cost / 100, rest.strip()))


def tell_thread(path):
    """One thread's part: the total, and what of it each function takes."""
    text = run(["callgrind_annotate", "--auto=no", "--threshold=99", path], 120).stdout
    total = re.search(r"([\d,]+)[^\n]*PROGRAM TOTALS", text)
    if total is None or int(total[1].replace(",", "")) < COUNT:
        return
    print("\n%8.0f  thread %s" % (int(total[1].replace(",", "")) / COUNT, path.rsplit("-", 1)[1]))
    functions = re.findall(r"^ *([\d,]+) \([^)]*\) +(\S.*)$", text, re.M)
    for cost, name in [each for each in functions if "PROGRAM TOTALS" not in each[1]][:FUNCTIONS]:
        print("%8.0f    %s" % (int(cost.replace(",", "")) / COUNT, re.sub(r"^[^:]*/|^\?\?\?:|\[.*/(.*)\]", r"\1", name)))


def by_callgrind(payload):
    with FleetStand("rsa_pool 0", online=FEW) as stand:
        stand.start_broker(True)
        out = stand.path("callgrind.out")
        service = stand.start_service(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, "--separate-threads=yes",
                                       "--fair-sched=yes", "--instr-atstart=no", "--log-file=" + stand.path("callgrind.log")])
        for switch in ("on", "off"):
            run(["callgrind_control", "-i", switch, str(service.pid)], 60)
            if switch == "on":
                stand.fleet("beat", devices=BEATING, connections=BEATING, count=COUNT, chunk=CHUNK, marker=FEW, payload=payload)
        stand.children.remove(service)
        end(service, seconds=60)
        print("instructions per heartbeat")
        for path in sorted(glob.glob(out + "*-[0-9]*")):
            tell_thread(path)


by_perf(sys.argv[2]) if sys.argv[1] == "perf" else by_callgrind(sys.argv[2])
