"""muster-device as a program, for the system tests: one with a folder of its own, and what the service says of all."""
import json
import os
import signal

from gated import GatedStack
from muster import end, folder, program, read, run, start, wait_for


class Device:
    """muster-device with a folder of its own."""

    def __init__(self, stack, *options, open_mode=None):
        open_mode = not isinstance(stack, GatedStack) if open_mode is None else open_mode
        self.stack, self.dir, self.child = stack, os.path.join(folder(), "device"), None
        self.options = ["--dir", self.dir, "--broker", "localhost", "--port", str(stack.tls), "--mtls-port", str(stack.mtls),
                        "--cafile", stack.path("ca.pem"), "--provisioning-key-file", stack.path("provisioning.key"),
                        *(["--open"] if open_mode else []), *options]

    def run(self, **environment):
        self.child = start([program("muster-device"), "run"] + self.options, self.dir + ".log", env={**os.environ, **environment})

    def log(self):
        return read(self.dir + ".log")

    def kill(self, number=signal.SIGKILL):
        return end(self.child, number)

    def do(self, command, *options, network=True):
        """One command with its own exit code; `network` False leaves out what reaches the broker."""
        return run([program("muster-device"), command] + (self.options if network else ["--dir", self.dir]) + list(options))

    def info(self):
        return json.loads(self.do("info", "--json", network=False).stdout)


def listed(stack):
    done = stack.ctl("device", "list", "--json")
    return json.loads(done.stdout)["items"] if done.returncode == 0 else None


def online(stack, count=1):
    return wait_for(lambda: sum(d["status"] == "online" for d in listed(stack) or []) == count, 20, 0.2)
