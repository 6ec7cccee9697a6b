"""Turns: one at a time, the first first; who waits for something else, or has one for too long, loses it."""

import threading
import time

import pytest

from tests.waiting import PATIENCE, wait_until
from trustsite.web.serving import turns
from trustsite.web.serving.database_watch import LONG, Call, DatabaseWatch
from trustsite.web.serving.turns import TURNS, Task, Turns


class Noted(Task):
    """A task that notes when it begins."""

    def __init__(self, name, order, is_ready=True, line=turns.PAGES):
        super().__init__(line)
        self.name, self.order, self.is_ready, self.count = name, order, is_ready, 0

    def may_begin(self):
        return self.is_ready

    def begun(self):
        self.count += 1

    def ended(self):
        self.count -= 1

    def begin(self):
        self.order.append(self.name)


def asked(ours, *names):
    order = []
    tasks = [Noted(name, order) for name in names]
    for task in tasks:
        ours.ask(task)
    return order, tasks


def test_one_has_a_turn_at_a_time_and_the_first_comes_first():
    ours = Turns()
    order, [first, second, third] = asked(ours, "first", "second", "third")
    assert order == ["first"]
    assert (first.count, second.count) == (1, 0)
    assert ours.end(first) is second
    assert ours.end(second) is third
    assert ours.end(third) is None
    assert (ours.current, first.count, third.count, len(ours.lines[turns.PAGES])) == (None, 0, 0, 0)


def test_who_lacks_something_else_is_passed_by_and_not_forgotten():
    ours = Turns()
    order, [first] = asked(ours, "first")
    form, page = Noted("form", order, is_ready=False), Noted("page", order)
    ours.ask(form), ours.ask(page)
    assert ours.end(first) is page
    form.is_ready = True
    assert ours.end(page) is form


def test_however_many_forms_wait_a_page_waits_for_one_of_them():
    ours, order = Turns(), []
    ours.ask(running := Noted("form 0", order, line=turns.FORMS))
    for number in range(1, 5):
        ours.ask(Noted(f"form {number}", order, line=turns.FORMS))
    for number in range(1, 3):
        ours.ask(Noted(f"page {number}", order))
    seen, task = [], running
    while task := ours.end(task):
        seen.append(task.name)
    assert seen == ["page 1", "form 1", "page 2", "form 2", "form 3", "form 4"]


def test_who_is_withdrawn_before_it_begins_never_does():
    ours = Turns()
    order, [first, second] = asked(ours, "first", "second")
    assert ours.withdraw(second)
    assert not ours.withdraw(second)
    assert not ours.withdraw(first)
    assert ours.end(first) is None
    assert order == ["first"]


def test_a_thread_gives_up_its_own_turn_alone():
    ours = Turns()
    order, [first, second] = asked(ours, "first", "second")
    first.thread, second.thread = 1, 2
    ours.give_up(3)
    assert order == ["first"]
    ours.give_up(1)
    assert order == ["first", "second"]
    ours.give_up(1)
    assert ours.current is second
    assert ours.end(first) is None
    assert ours.current is second


def test_who_has_a_turn_for_long_loses_it_to_all_who_waited_as_long():
    ours = Turns()
    order, [_, second, third] = asked(ours, "first", "second", "third")
    third.is_ready = False
    ours.ask(late := Noted("late", order))
    for task in (second, third):
        task.asked_at -= turns.PATIENCE
    ours.look()
    assert order == ["first"]
    ours.since -= turns.PATIENCE
    ours.look()
    assert order == ["first", "second"]
    assert (ours.current, list(ours.lines[turns.PAGES])) == (second, [third, late])


def test_who_had_it_for_long_while_nobody_waited_as_long_keeps_it():
    ours = Turns()
    order, [first, _] = asked(ours, "first", "second")
    ours.since -= turns.PATIENCE
    ours.look()
    assert (order, ours.current) == (["first"], first)


def test_a_block_waits_for_its_turn_and_hands_it_on():
    ours, seen = Turns(), []
    order, [first] = asked(ours, "first")

    def block():
        with ours.taken():
            seen.append(ours.current.thread == threading.get_ident())

    thread = threading.Thread(target=block)
    thread.start()
    wait_until(lambda: len(ours.lines[turns.PAGES]) == 1)
    last = Noted("last", order)
    ours.ask(last)
    ours.end(first).begin()
    thread.join(PATIENCE)
    assert (seen, order, ours.current) == ([True], ["first", "last"], last)


def test_one_thread_loses_its_turn_when_its_database_is_slow():
    watch, order, begun = DatabaseWatch(), [], threading.Event()

    def slow():
        with TURNS.taken():
            call = watch.calls[threading.get_ident()] = Call(None, is_probe=False)
            call.since -= LONG * 2
            begun.set()
            second.join(PATIENCE)
            order.append("slow")

    def quick():
        begun.wait(PATIENCE)
        with TURNS.taken():
            order.append("quick")

    first, second = threading.Thread(target=slow), threading.Thread(target=quick)
    second.start(), first.start()
    begun.wait(PATIENCE)
    watch.look()
    first.join(PATIENCE)
    assert order == ["quick", "slow"]
    assert (TURNS.current, sum(map(len, TURNS.lines))) == (None, 0)


def test_the_watch_looks_after_turns_too():
    order = []
    with TURNS.taken():
        TURNS.ask(waiting := Noted("waiting", order))
        waiting.asked_at -= turns.PATIENCE
        TURNS.since -= turns.PATIENCE
        DatabaseWatch().look()
        assert order == ["waiting"]
    assert TURNS.end(waiting) is None


def test_the_watch_goes_on_whatever_it_meets(caplog):
    watch, looked = DatabaseWatch(), []

    def look():
        looked.append(1)
        raise RuntimeError

    watch.look = look
    watch.start()
    wait_until(lambda: len(looked) > 1)
    watch.stopping.set()
    assert "could not look" in caplog.text


@pytest.mark.parametrize(("sql", "keeps_it"), [("SELECT 1", True), ("INSERT INTO a", False)])
def test_a_thread_that_waits_for_the_disk_lets_another_run(sql, keeps_it):
    wrapper = DatabaseWatch()._wrapper(None, is_probe=False)
    with TURNS.taken():
        wrapper(lambda *args: None, sql, None, False, {})
        assert (TURNS.current is not None) is keeps_it


def test_a_task_knows_when_it_was_asked_for():
    ours, began = Turns(), time.monotonic()
    _, [task] = asked(ours, "one")
    assert began <= task.asked_at <= time.monotonic()
    assert began <= ours.since <= time.monotonic()
