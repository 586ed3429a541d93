"""What one daily computation of insights keeps, and where: parts gathered, models learnt, the pointer to the newest.

    gathered/<run>/<part>.ledger, .observed   columns of one part of the customers; gone with the run
    models/<run>/parameters.json, arrays.npz, insight.json, cards.json
    models/current.json                       {run, customers, settings}: written when all of the run's models are

    due/<run>/<part>.jsonl                    who is likely to buy what within a week: MOST_DUE categories and products

A run that learns nothing anew applies the models that the pointer names, of an
earlier one. A run is named by the time it began, so names sort as runs do. A part is named
by its slice and by where in it it begins and ends: written again it is the
same. Old runs are removed but for the newest KEPT. Refuses to read a run that
the pointer has not named, but for the run at work.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib import clock, ids
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key, insight_mark_key, insight_run_key

if TYPE_CHECKING:
    from chalicelib.segment.insight import Parameters
    from chalicelib.segment.ledger import Ledger
    from chalicelib.segment.models.telling import Models
    from chalicelib.segment.observations import Columns

GATHERED = "gathered/"
MODELS = "models/"
CURRENT = "models/current.json"
DUE = "due/"
MOST_DUE = 1_000
KEPT = 2


@dataclass(frozen=True)
class Run:
    """`name` is the time it began; `of` is the number of slices; gathering, applying or done; `learns` for certain.

    `under` are the settings it gathers under, as far as learning takes anything from them.
    """

    name: str
    of: int
    status: str
    learns: bool = False
    under: str = ""

    @property
    def began(self) -> datetime:
        return clock.parse(self.name)

    def day(self, zone: str) -> date:
        return clock.local_day(self.began, zone)


def newest(services: Services) -> Run | None:
    item = services.catalog.get(insight_run_key(), consistent=True)
    if not item:
        return None
    return Run(item["run"], item["of"], item["status"], item.get("learns", False), item.get("under", ""))


def begin(services: Services, run: Run, before: Run | None) -> bool:
    """Make it the newest; False when another began meanwhile."""
    only_if = {"run": before.name} if before else {"pk": None}
    told = {"run": run.name, "of": run.of, "status": run.status, "learns": run.learns, "under": run.under}
    return services.catalog.put(insight_run_key(), told, only_if=only_if)


def advance(services: Services, run: str, status: str) -> bool:
    """Note how far a run is, if it still is the newest."""
    return services.catalog.update(insight_run_key(), set={"status": status}, only_if={"run": run})


def is_at_work(services: Services, run: str) -> bool:
    """Whether this run is the newest and not done: an older one that is still in the queues ends by itself."""
    found = newest(services)
    return found is not None and found.name == run and found.status != "done"


def mark(services: Services, run: str, what: str, **told: Any) -> bool:
    """Note that a part is done; False when it was noted before."""
    return services.catalog.put_if_absent(insight_mark_key(run, what), told)


def marks(services: Services, run: str, what: str) -> list[dict[str, Any]]:
    """What was noted as done under that beginning of a name."""
    return list(services.catalog.query(insight_mark_key(run, "").pk, begins_with=what, consistent=True))


def part_of(number: int, after: Key | None, end: Key | None) -> str:
    return f"{number:03d}-{ids.digest(*(after or ('', '')), *(end or ('', '')))}"


def parts(services: Services, run: str) -> list[str]:
    return [key[len(GATHERED) + len(run) + 1 : -len(".ledger")] for key in _ledgers(services, run)]


def _ledgers(services: Services, run: str) -> Iterator[str]:
    return (key for key in services.data.list(f"{GATHERED}{run}/") if key.endswith(".ledger"))


def keep_part(services: Services, run: str, part: str, ledger: "Ledger", observed: "Columns") -> None:
    from chalicelib.segment import packed

    _put(services, f"{GATHERED}{run}/{part}.observed", packed.pack(observed.arrays))
    _put(services, f"{GATHERED}{run}/{part}.ledger", ledger.to_bytes())


def read_ledger(services: Services, run: str, part: str) -> "Ledger | None":
    """None when the part is gone: the run is done, or somebody in it was erased meanwhile."""
    from chalicelib.segment.ledger import Ledger

    found = services.data.get(f"{GATHERED}{run}/{part}.ledger")
    return Ledger.from_bytes(found[0]) if found else None


def read_observed(services: Services, run: str, part: str) -> "Columns | None":
    from chalicelib.segment import packed
    from chalicelib.segment.observations import Columns

    found = services.data.get(f"{GATHERED}{run}/{part}.observed")
    return Columns(**packed.unpack(found[0])) if found else None


def current(services: Services) -> dict[str, Any]:
    """Which run's models count, how many customers there were then and under which settings; empty before the first."""
    return services.data.get_json(CURRENT) or {}


def keep_models(
    services: Services,
    run: str,
    models: "Models",
    parameters: "Parameters",
    cards: dict[str, Any],
    pointer: dict[str, Any],
) -> None:
    """The models, and then the pointer to them."""
    from chalicelib.segment.models import learning

    services.data.put_json(f"{MODELS}{run}/parameters.json", learning.to_json(models))
    _put(services, f"{MODELS}{run}/arrays.npz", learning.to_bytes(models))
    services.data.put_json(f"{MODELS}{run}/insight.json", parameters.to_json())
    services.data.put_json(f"{MODELS}{run}/cards.json", cards)
    services.data.put_json(CURRENT, {"run": run} | pointer)


def read_models(services: Services, run: str) -> "tuple[Models, Parameters] | None":
    from chalicelib.segment.insight import Parameters
    from chalicelib.segment.models import learning

    told = services.data.get_json(f"{MODELS}{run}/parameters.json")
    arrays = services.data.get(f"{MODELS}{run}/arrays.npz")
    learnt = services.data.get_json(f"{MODELS}{run}/insight.json")
    if told is None or arrays is None or learnt is None:
        return None
    return learning.from_stored(told, arrays[0]), Parameters.from_json(learnt)


def read_cards(services: Services) -> dict[str, Any]:
    """The current run's cards, by model; empty before the first."""
    pointer = current(services)
    return (services.data.get_json(f"{MODELS}{pointer['run']}/cards.json") or {}) if pointer else {}


class DueRow(NamedTuple):
    """`unit` is category or product, `name` that of the category or the product's id."""

    chance: float
    profile_id: str
    unit: str
    name: str


def keep_due(services: Services, run: str, part: str, rows: Iterable[DueRow]) -> None:
    """The likeliest first, MOST_DUE of each unit; a line each, so that an erasure finds whom it is about."""
    kept, number = [], Counter[str]()
    for row in rows:
        number[row.unit] += 1
        if number[row.unit] <= MOST_DUE:
            kept.append(json.dumps(row, ensure_ascii=False))
    _put(services, f"{DUE}{run}/{part}.jsonl", "\n".join(kept).encode())


def read_due(services: Services, most: int, unit: str | None = None) -> tuple[str, list[DueRow]]:
    """(the run they are of, its likeliest rows, all or of one unit): the newest run, or the one before while that is
    at work; '' for none."""
    at_work = newest(services)
    until = at_work.name if at_work and at_work.status != "done" else "~"
    keys = [key for key in services.data.list(DUE) if key.split("/")[1] < until]
    run = max((key.split("/")[1] for key in keys), default="")
    rows: list[DueRow] = []
    for key in keys:
        if key.startswith(f"{DUE}{run}/") and (held := services.data.get(key)):
            rows += [DueRow(*json.loads(line)) for line in held[0].decode().splitlines()]
    rows = [row for row in rows if unit in (None, row.unit)]
    return run, sorted(rows, key=lambda row: (-row.chance, *row[1:]))[:most]


def clear(services: Services, run: str) -> None:
    """Remove what was gathered up to and for this run, its marks, due lists of older ones, and the models of runs
    before the newest KEPT."""
    for key in list(services.data.list(GATHERED)):
        if key.split("/")[1] <= run:
            services.data.delete(key)
    for key in list(services.data.list(DUE)):
        if key.split("/")[1] < run:
            services.data.delete(key)
    kept = sorted({key.split("/")[1] for key in services.data.list(MODELS) if key.count("/") == 2})
    for old in kept[:-KEPT]:
        for key in list(services.data.list(f"{MODELS}{old}/")):
            services.data.delete(key)
    for name in [run, *kept[:-KEPT]]:
        services.catalog.delete_many([Key(item["pk"], item["sk"]) for item in marks(services, name, "")])


def _put(services: Services, key: str, body: bytes) -> None:
    services.data.put(key, body, content_type="application/octet-stream")
