"""What a login costs: in the gate's own code against a small and a large database while another process commits, and as
CPU of the broker per connection, with the gate over both databases and without it."""
import json

from stand import Stand, cpu_us, median, muster, run, settle, swarm, tool

SMALL, LARGE = 1000, 100000
LOGINS = 5000
CONCURRENT = 50
ROUNDS = 5


def in_the_gate(figures):
    done = run([tool("auth_cost"), muster.folder(), str(SMALL), str(LARGE), "400"], 300)
    if done.returncode != 0:
        raise RuntimeError("auth_cost: " + done.stderr)
    cost = json.loads(done.stdout)
    for kind in ("api_key", "provisioning_key", "certificate"):
        large, small = cost[kind + "_large"], cost[kind + "_small"]
        name = kind.replace("_", " ")
        figures.add("gate, login by %s, %d devices" % (name, LARGE), large, most=100, unit="us")
        # Its share of a login is small, and grows with the depth of a B-tree: the bar is on the whole login, below.
        figures.add("gate, login by %s, %d devices against %d" % (name, LARGE, SMALL), large, small, large / small,
                    unit="us")


def cpu_per_login(stand, broker, gate, logins):
    before = cpu_us(broker)
    swarm("connect", stand.port(gate), logins, CONCURRENT, LOGINS)
    settle(0.2)
    return (cpu_us(broker) - before) / LOGINS


def measure(figures):
    in_the_gate(figures)
    with Stand() as small, Stand() as large:
        stands = [(small, True, small.fill(SMALL)), (large, True, large.fill(LARGE)), (small, False, None)]
        stands[2] = (small, False, stands[0][2])
        brokers = [stand.start_broker(gate) for stand, gate, _ in stands]
        costs = [[], [], []]
        for _ in range(ROUNDS):
            for cost, broker, (stand, gate, logins) in zip(costs, brokers, stands):
                cost.append(cpu_per_login(stand, broker, gate, logins))
        few, many, null = (median(cost) for cost in costs)
        figures.add("broker CPU per login by API key, %d devices" % LARGE, many, null, many / null, unit="us")
        figures.add("of that the gate's", many - null, most=100, unit="us")
        figures.add("broker CPU per login, %d devices against %d" % (LARGE, SMALL), many, few, many / few, most=1.25,
                    unit="us")
