"""The fuzz at length: `make fuzz MINUTES=5` tries other examples each round until the time is over."""

import os
import random
import subprocess
import sys
import time

from tests.servers import ROOT

EXAMPLES = "200"  # of each test, in a round


def main() -> None:
    end, rounds = time.monotonic() + 60 * float(sys.argv[1]), 0
    while time.monotonic() < end or not rounds:
        seed, rounds = random.randrange(10**9), rounds + 1
        print(f"Round {rounds}: --hypothesis-seed={seed}", flush=True)
        command = [sys.executable, "-m", "pytest", "-x", "tests/fuzz", f"--hypothesis-seed={seed}"]
        code = subprocess.run(
            command, cwd=ROOT, env=os.environ | {"FUZZ_EXAMPLES": EXAMPLES}
        ).returncode
        if code:
            sys.exit(f"Again by: FUZZ_EXAMPLES={EXAMPLES} {' '.join(command[1:])}")


if __name__ == "__main__":
    main()
