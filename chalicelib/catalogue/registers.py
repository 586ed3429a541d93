"""A register: the newest of what was told of one thing, as [time, source, value] in JSON.

A tie of times is decided by source and value, the same way everywhere, so any
order of arrival leaves the same register.
"""

import json
from typing import Any

Register = list[Any]


def newest(held: Register | None, news: Register) -> Register:
    return news if held is None or rank(news) > rank(held) else held


def rank(register: Register) -> tuple[str, str, str]:
    return register[0], register[1], json.dumps(register[2], sort_keys=True)
