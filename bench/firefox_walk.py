"""Walk through quiz, Leave and menu in Firefox, over WebDriver BiDi: `python bench/firefox_walk.py URL`.

Not a part of the tests, which have Chromium alone. Needs a Firefox (`apt-get install firefox-esr`, or FIREFOX=/path/to/it) and
`pip install websockets`; says so and ends well without them. URL is that of a running site (`make run`).
"""

import importlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

try:
    connect = importlib.import_module("websockets.sync.client").connect
except ImportError:
    sys.exit("Skipped: this walk needs the package websockets.")

FIREFOX = os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
PATIENCE = 60  # seconds for any one thing
# No other host is found, so that leaving ends on the browser's own page.
PREFERENCES = (
    'user_pref("network.proxy.type", 0);\nuser_pref("network.dns.localDomains", "www.bbc.co.uk");\n'
)


class Firefox:
    """One tab of a Firefox without a window."""

    def __init__(self, port: int) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.socket = connect(f"ws://127.0.0.1:{port}/session", max_size=None)
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
        self.numbers = itertools.count(1)
        self.ask("session.new", capabilities={})
        self.tab = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def ask(self, method: str, **params: Any) -> Any:
        """Send a command and return its result."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv(timeout=PATIENCE))
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def open(self, url: str) -> None:
        """Load a page."""
        self.ask("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def reload(self) -> None:
        """Load the page again."""
        self.ask("browsingContext.reload", context=self.tab, wait="complete")

    def back(self) -> None:
        """Press Back."""
        self.ask("browsingContext.traverseHistory", context=self.tab, delta=-1)
        time.sleep(1)

    def tabs(self) -> int:
        """Return how many tabs there are."""
        return len(self.ask("browsingContext.getTree")["contexts"])

    def run(self, script: str) -> Any:
        """Return what a piece of JavaScript comes to, by way of JSON."""
        answer = self.ask(
            "script.evaluate",
            expression=f"JSON.stringify({script})",
            target={"context": self.tab},
            awaitPromise=True,
            userActivation=True,
        )
        return json.loads(answer["result"].get("value", "null"))

    def click(self, selector: str) -> None:
        """Click with the pointer on the first visible element of a selector."""
        x, y = self.run(
            f"(() => {{ const e = [...document.querySelectorAll({json.dumps(selector)})].find(e => e.checkVisibility());"
            "e.scrollIntoView({ block: 'center' }); const b = e.getBoundingClientRect();"
            "return [Math.round(b.x + b.width / 2), Math.round(b.y + b.height / 2)]; })()"
        )
        pointer = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        actions = [{"type": "pointer", "id": "mouse", "actions": pointer}]
        self.ask("input.performActions", context=self.tab, actions=actions)
        time.sleep(0.5)

    def key(self, key: str) -> None:
        """Press and release a key."""
        presses = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.ask(
            "input.performActions",
            context=self.tab,
            actions=[{"type": "key", "id": "keys", "actions": presses}],
        )

    @property
    def title(self) -> str:
        """The page's title."""
        return str(self.run("document.title"))

    @property
    def ticked(self) -> int:
        """How many answers are ticked."""
        return int(self.run("document.querySelectorAll('input:checked').length"))


@contextmanager
def firefox() -> Iterator[Firefox]:
    """Start a Firefox with a profile of its own, and end it."""
    if not FIREFOX:
        sys.exit("Skipped: there is no Firefox here.")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        with open(f"{profile}/user.js", "w") as file:
            file.write(PREFERENCES)
        command = [
            FIREFOX,
            "--headless",
            "--remote-debugging-port",
            str(port),
            "--profile",
            profile,
        ]
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"HOME": profile},
        )
        try:
            yield Firefox(port)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def check(what: str, seen: Any, expected: Any) -> bool:
    """Print whether something is as it should be."""
    is_right = seen == expected
    print(
        "ok   " if is_right else "WRONG",
        what,
        "" if is_right else f"(saw {seen!r}, not {expected!r})",
    )
    return bool(is_right)


def begin(browser: Firefox, site: str, questions: int) -> None:
    """Start the quiz and answer so many questions."""
    browser.open(f"{site}/about/")
    browser.open(f"{site}/quiz/")
    browser.click("[data-start]")
    for _ in range(questions):
        browser.click(".question:not([hidden]) label")
        browser.click("[data-next]")


def walk(browser: Firefox, site: str) -> Iterator[bool]:
    """Walk the quiz, Leave and the menu; yield what was right."""
    begin(browser, site, 5)
    yield check("the sixth question names the page", browser.title[:13], "Question 6 of")
    browser.back()
    browser.back()
    yield check("Back twice is the fourth", browser.title[:13], "Question 4 of")
    browser.reload()
    time.sleep(1)
    yield check("a reload keeps the question", browser.title[:13], "Question 4 of")
    yield check("a reload keeps the ticks", browser.ticked, 5)
    browser.open(f"{site}/get-help/")
    browser.back()
    yield check("another page and Back keep the question", browser.title[:13], "Question 4 of")
    yield check("another page and Back keep the ticks", browser.ticked, 5)
    tabs = browser.tabs()
    browser.click(".header__help")
    yield check("help opens beside the question", browser.tabs(), tabs + 1)
    yield from walk_to_the_result(browser, site)
    yield from walk_away(browser, site)
    yield from walk_the_menu(browser, site)


def walk_to_the_result(browser: Firefox, site: str) -> Iterator[bool]:
    """See a result, read on beside it and go back from it."""
    begin(browser, site, 12)
    time.sleep(1)
    yield check("the result", browser.title[:11], "Your result")
    tabs = browser.tabs()
    browser.click("[href='/responses/fawn/']")
    yield check("a link opens beside the result", browser.tabs(), tabs + 1)
    yield check("the result is still there", browser.title[:11], "Your result")
    for _ in range(2):
        browser.back()
        yield check("Back from the result shows no tick", browser.ticked, 0)


def press_thrice(browser: Firefox) -> None:
    """Press Shift three times."""
    for _ in range(3):
        browser.key("\ue008")


def walk_away(browser: Firefox, site: str) -> Iterator[bool]:
    """Leave by the button and by three presses of Shift, and go back."""
    for leave in (
        lambda: browser.click("[data-leave]"),
        lambda: press_thrice(browser),
    ):
        begin(browser, site, 3)
        leave()
        time.sleep(2)
        yield check("left", "127.0.0.1" in str(browser.run("location.href")), False)
        for _ in range(2):
            browser.back()
            yield check("Back after leaving shows no tick", browser.ticked, 0)


def walk_the_menu(browser: Firefox, site: str) -> Iterator[bool]:
    """Open and close the menu of a phone."""
    size = {"width": 390, "height": 780}
    browser.ask("browsingContext.setViewport", context=browser.tab, viewport=size)
    browser.open(f"{site}/")
    is_open = "document.querySelector('#menu').checkVisibility()"
    yield check("the menu is closed", browser.run(is_open), False)
    browser.click(".header__menu")
    yield check("the menu opens", browser.run(is_open), True)
    browser.key("\ue00c")
    yield check("Escape closes it", browser.run(is_open), False)


def main() -> None:
    """Walk, and fail if something was wrong."""
    with firefox() as browser:
        sys.exit(not all(list(walk(browser, sys.argv[1].rstrip("/")))))


if __name__ == "__main__":
    main()
