"""A short run of the harness that `make chaos` runs at length."""

import random

from tests.faults.chaos import Run
from tests.servers import sink


def test_five_deaths_in_the_middle_of_a_letter_leave_nobody_out(tmp_path):
    with sink(tmp_path / "received") as port:
        outcome = Run(tmp_path, port).chaos(people=150, kills=5, workers=1, pick=random.Random(7))
    assert outcome.kills == 5
    outcome.check()
