"""Ends a running service with SIGKILL at the entry of one of its system calls, by strace."""
import os

from muster import end, read, run, start, wait_for


def may_trace():
    try:
        return run(["strace", "-f", "-o", "/dev/null", "true"]).returncode == 0
    except FileNotFoundError:
        return False


class Killing:
    """With it the service dies at the `number`-th `call` that one of its threads makes from now on: "write", or "write NAME"
    for those on that file of the folder. Each thread counts for itself. The call is not carried out. `hit`: it came that
    far."""

    def __init__(self, stack, call, number):
        self.stack, self.tracer, self.log = stack, None, stack.path("tracer.log")
        call, _, name = call.partition(" ")
        self.command = ["strace", "-f", "-p", str(stack.service.pid), "-o", "/dev/null", *(["-P", stack.path(name)] if name else []),
                        "-e", "trace=" + call, "-e", "inject=%s:signal=SIGKILL:when=%d" % (call, number)]

    def __enter__(self):
        if os.path.exists(self.log):
            os.remove(self.log)
        self.tracer = start(self.command, self.log)
        if not wait_for(lambda: os.path.exists(self.log) and "attached" in read(self.log), 5, 0.01):
            raise RuntimeError("strace: " + read(self.log))
        return self

    @property
    def hit(self):
        return self.stack.service.poll() is not None

    def __exit__(self, *_):
        end(self.tracer)  # lets the service go on, when it was not hit
