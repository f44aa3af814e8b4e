#!/usr/bin/python3
"""Whether openssl verifies every certificate that a database holds: against its authority, to the letter of the
standards (-x509_strict), as a TLS client's, at a time within its validity.

usage: verify_certificates.py DATABASE CA.PEM [DATABASE CA.PEM]...

Prints what openssl has against each one that it does not verify; the last line is "N passed, N failed".
"""
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

BATCH = 500  # files in one call
ROWS = "SELECT certificate_id, pem, not_before, not_after FROM certificate WHERE pem IS NOT NULL ORDER BY not_before"


def rows_of(database):
    """Every certificate that was given out; beside the service, if that runs."""
    base = sqlite3.connect("file:%s?mode=ro" % database, uri=True, timeout=5)
    try:
        return base.execute(ROWS).fetchall()
    finally:
        base.close()


def batches_of(rows):
    """Batches of (time, rows): at that time all of a batch are valid by their rows. A row whose validity ends before it
    begins was tampered with: what its certificate says counts, and that begins when the row does."""
    batches, ends = [], 0
    for row in rows:
        begin, end = row[2], row[3] if row[3] >= row[2] else row[2]
        if not batches or begin > ends or len(batches[-1]) == BATCH:
            batches.append([])
            ends = end
        ends = min(ends, end)
        batches[-1].append(row)
    return [(batch[-1][2], batch) for batch in batches]  # the latest begin


def openssl(authority, time, paths):
    """Paths that are verified, and what openssl says of the others."""
    done = subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-attime", str(time), "-CAfile", authority,
                           *paths], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    return set(re.findall(r"(?m)^(.*): OK$", done.stdout)), done.stderr


def verify(database, authority):
    """How many certificates are verified, and a sentence for each of the others."""
    good, wrong = 0, []
    with tempfile.TemporaryDirectory(prefix="muster-verify-") as folder:
        for time, batch in batches_of(rows_of(database)):
            paths = {os.path.join(folder, row[0] + ".pem"): row[1] for row in batch}
            for path, pem in paths.items():
                with open(path, "w", encoding="utf-8") as file:
                    file.write(pem)
            verified, said = openssl(authority, time, paths)
            good += len(verified & set(paths))
            wrong += ["%s of %s: %s" % (os.path.basename(path)[:-4], database, of_file(said, path))
                      for path in paths if path not in verified]
    return good, wrong


def of_file(said, path):
    """openssl's words on one file: errors stand before the line that names it."""
    before = said.split("error %s: " % path)[0].splitlines()
    about = [line for line in before[-4:] if line.startswith("error ") and " at " in line]
    return about[-1] if about else said.strip()[-200:] or "openssl says nothing"


def main():
    words = sys.argv[1:]
    if not words or len(words) % 2:
        sys.exit(__doc__.split("\n\n")[1])
    passed, failed = 0, 0
    for database, authority in zip(words[::2], words[1::2]):
        good, wrong = verify(database, authority)
        passed, failed = passed + good, failed + len(wrong)
        for each in wrong:
            print("FAILED " + each)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(0 if failed == 0 and passed > 0 else 1)


if __name__ == "__main__":
    main()
