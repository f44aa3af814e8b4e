"""What the benches of provisioning share: an open broker and service, CSRs made beforehand, and the tool that claims."""
import hashlib
import os
import shutil
import sqlite3
import subprocess

import fleet
from stand import last_json, make_key, muster, read, run, tool

CSRS = 60000
KEPT = os.path.join(muster.PROGRAMS, "bench")  # what is made once
CONNECTIONS, DEPTH = 64, 6


def made_once(name, sources, make):
    """A file under build/bench that is made anew when one of its sources has changed; `make` is given its path."""
    digest = hashlib.sha256()
    for source in sorted(sources):
        with open(source, "rb") as file:
            digest.update(file.read())
    stem, ending = os.path.splitext(name)
    path = os.path.join(KEPT, "%s-%s%s" % (stem, digest.hexdigest()[:12], ending))
    if not os.path.exists(path):
        os.makedirs(KEPT, exist_ok=True)
        half = path + ".half"
        for old in (half, half + "-wal", half + "-shm"):
            if os.path.exists(old):
                os.remove(old)
        make(half)
        os.rename(half, path)
    return path


def source(*words):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), *words)


def csrs():
    def make(path):
        with open(path, "w", encoding="utf-8") as file:
            subprocess.run([tool("csrs"), str(CSRS)], stdout=file, check=True)
    return made_once("csrs-%d.txt" % CSRS, [source("csrs.c")], make)


class OpenStand(muster.Stack):
    """An open broker and service; `devices` are there before it starts."""
    VERIFIES = False  # what the bench fills in are no certificates

    def __init__(self, *settings, devices=0):
        super().__init__("device_limit 2000000", "offline_after_seconds 604800", *settings, go=False)
        if devices:
            self._take_over(fleet.database(online=devices))
        self.start_broker()
        self.start_service()
        self.wait_ready(60)
        self.key_file = make_key(self, 1000000)

    def _take_over(self, path):
        """The filled database in place of the empty one, with the operators and keys of that."""
        empty = self.path("empty.db")
        base = sqlite3.connect(self.database)
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        base.close()
        os.rename(self.database, empty)
        shutil.copyfile(path, self.database)
        base = sqlite3.connect(self.database)
        base.execute("ATTACH ? AS empty", (empty,))
        for table in ("operator", "provisioning_key"):
            base.execute("INSERT INTO %s SELECT * FROM empty.%s" % (table, table))
        base.commit()
        base.close()
        os.chmod(self.database, 0o600)
        os.sync()  # else the first checkpoint would wait for the whole copy

    def claims(self, **words):
        return finish_claims(self.start_claims(**words))

    def start_claims(self, **words):
        """claims.c with these words; its result is what finish_claims returns."""
        words = {"port": self.plain, "key": self.key_file, "csrs": csrs(), "connections": CONNECTIONS, "depth": DEPTH,
                 **words}
        return subprocess.Popen([tool("claims")] + ["%s=%s" % word for word in words.items()], stdout=subprocess.PIPE,
                                text=True)


def finish_claims(child):
    out, _ = child.communicate(timeout=560)
    if child.returncode != 0:
        raise RuntimeError("claims: " + out)
    return last_json(out)


def null_issuer(count):
    """Devices per second of null_issuer.c, and its database."""
    path = os.path.join(muster.folder(), "null.db")
    done = run([tool("null_issuer"), path, csrs(), str(count)], 300)
    if done.returncode != 0:
        raise RuntimeError("null_issuer: " + done.stderr)
    return last_json(done.stdout)["per_second"], path


def rows_of(path):
    """How many rows each table has, and the octets of the database with its log written back."""
    base = sqlite3.connect(path)
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    names = [row[0] for row in base.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
    counts = {name: base.execute("SELECT count(*) FROM %s" % name).fetchone()[0] for name in names}
    base.close()
    return counts, os.path.getsize(path)
