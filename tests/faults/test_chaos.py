"""A short run of the harness that `make chaos` runs at length."""

import random

from tests.faults.chaos import Run
from tests.servers import sink


def test_five_deaths_in_the_middle_of_a_letter_leave_nobody_out(tmp_path):
    with sink(tmp_path / "received") as port:
        outcome = Run(tmp_path, port, connections=4).chaos(
            people=150, kills=5, workers=1, pick=random.Random(7)
        )
    assert outcome.kills == 5
    outcome.check()


def test_deaths_while_a_letter_begins_and_is_paused_leave_nobody_out(tmp_path):
    Run(tmp_path, 25, batch=10).chaos_of_batches(people=100, kills=2, pick=random.Random(7))


def test_deaths_while_a_list_is_brought_in_leave_nobody_out(tmp_path):
    Run(tmp_path, 25, batch=10).chaos_of_import(people=100, kills=2, pick=random.Random(7))
