"""Prints what each promise came to: `make promises` runs the tests that prove one, with this as a plugin.

A test proves a promise by `record_property("promise", "P5: 10,000 deliveries, 0 lost")`; the figures are the
test's own. The run fails when a test fails and when one of `PROMISED` was not spoken of.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

PROMISED = (*range(1, 10), 13, 15, 17, 18, 22, 23, 24, *range(27, 33))
"""Numbers of the promises that must be printed."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests that can speak of a promise."""
    speaking = [item for item in items if "record_property" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in speaking])
    items[:] = speaking


def said_in(stats: dict[str, list[Any]]) -> Iterator[tuple[int, str]]:
    """(number, words) of each promise that a passed test spoke of."""
    for report in stats.get("passed", []):
        for name, value in report.user_properties:
            found = re.match(r"P(\d+): (.+)", value) if name == "promise" else None
            if found:
                yield int(found[1]), found[2]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    said = sorted(set(said_in(terminalreporter.stats)))
    terminalreporter.section("promises")
    for number, words in said:
        terminalreporter.write_line(f"P{number}  {words}")
    for number in missing(said):
        terminalreporter.write_line(f"P{number}  NOT SHOWN")


def missing(said: list[tuple[int, str]]) -> list[int]:
    return sorted(set(PROMISED) - {number for number, _ in said})


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.exitstatus == pytest.ExitCode.OK and reporter and missing(sorted(said_in(reporter.stats))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
