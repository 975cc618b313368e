"""The system's Chromium, headless, driven as a reader drives it."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Dialog, Page, Request, expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
_PATIENCE = 120_000  # milliseconds after which what does not come is a failure
SERIOUS = ("serious", "critical")  # of what axe finds
_FLAGS = """--headless --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, and give it up afterwards."""
    flags = [*_FLAGS, *(["--no-sandbox"] if os.getuid() == 0 else [])]  # its sandbox does not work for root
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags, timeout=_PATIENCE)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opening(browser: Browser, pages: Mapping[str, Path]) -> Iterator[Callable[..., Page]]:
    """Give what opens a page by name; whatever one says on the console or asks of a network fails the test.

    What a page makes itself, such as an unpacked document, is no request.
    """
    contexts = []
    complaints: list[str] = []

    def open_page(name: str, *, scheme: Any = "light", size: Any = WIDE, at: str = "", **settings: Any) -> Page:
        context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", **settings)
        contexts.append(context)
        context.set_default_timeout(_PATIENCE)
        page = context.new_page()
        where = pages[name].as_uri()

        def asked(request: Request) -> None:
            if request.url.partition("#")[0] != where and not request.url.startswith("blob:"):
                complaints.append(request.url)

        def interrupted(dialog: Dialog) -> None:
            complaints.append(dialog.message)
            dialog.dismiss()

        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", asked)
        page.on("dialog", interrupted)
        page.goto(where + at)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
