"""Group commit: what gathers while one waits for the disk is stored together, and answered means stored."""

from threading import Event, Thread

import pytest

from newsletter.outbox.group_commit import GroupCommit


class Disk:
    """Takes rows once it is let go on."""

    def __init__(self, error=None, good=1):
        self.good, self.attempts = good, 0
        self.writes, self.begun, self.go_on, self.error = [], Event(), Event(), error

    def write(self, rows):
        self.attempts += 1
        self.begun.set()
        assert self.go_on.wait(30)
        if self.error and len(self.writes) >= self.good:
            raise self.error
        self.writes.append(rows)


def store_all(disk, numbers):
    """Store 0 and, while the disk is at it, the others; return what each was told."""
    group, told = GroupCommit(disk.write), {}

    def store(number):
        try:
            group.store(number)
            told[number] = any(number in rows for rows in disk.writes)
        except OSError:
            told[number] = "failed"

    threads = [Thread(target=store, args=[number]) for number in numbers]
    threads[0].start()
    assert disk.begun.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(group.gathered) < len(numbers) - 1:
        threads[-1].join(0.01)
    disk.go_on.set()
    for thread in threads:
        thread.join(30)
    return told


def test_what_gathers_meanwhile_is_one_transaction_and_everybody_is_told_when_it_is_stored():
    disk = Disk()
    assert store_all(disk, range(6)) == dict.fromkeys(range(6), True)
    assert [sorted(rows) for rows in disk.writes] == [[0], [1, 2, 3, 4, 5]]


def test_a_transaction_that_fails_fails_for_all_that_are_in_it_and_for_nobody_else():
    told = store_all(Disk(OSError()), range(4))
    assert told == {0: True, 1: "failed", 2: "failed", 3: "failed"}


def test_who_gathered_behind_a_write_that_fails_does_not_wait_for_another():
    disk = Disk(OSError(), good=0)
    assert store_all(disk, range(4)) == dict.fromkeys(range(4), "failed")
    assert disk.attempts == 1


def test_the_next_row_after_a_failure_is_tried_anew():
    outcomes = [OSError(), None]

    def write(rows):
        if error := outcomes.pop(0):
            raise error

    group = GroupCommit(write)
    with pytest.raises(OSError):
        group.store(1)
    group.store(2)
    assert outcomes == []
