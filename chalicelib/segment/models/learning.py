"""All models of a run, learnt one after another from the columns of the store; and how they are kept.

Refuses to fail as a whole for one: a model whose numbers do not come out is
blank, and its card says so.
"""

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from chalicelib.aws import telemetry
from chalicelib.profile.insights import Reason
from chalicelib.segment import packed
from chalicelib.segment.models import hours, purchases, refill, response, shelf, silence
from chalicelib.segment.models.evidence import Learnt, unable
from chalicelib.segment.models.telling import Models

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger

    Array = NDArray[Any]


def learn(
    ledger: "Ledger",
    day: int,
    barred: Callable[[list[str]], Container[str]],
    is_durable: Callable[[str, float], bool] = lambda name, repeated: False,
) -> dict[str, Learnt]:
    """Model → what it learnt as of `day`; `barred` names which of these products may be shown to nobody, `is_durable`
    tells which is bought but once."""
    jobs: dict[str, Callable[[], Learnt]] = {
        "silence": lambda: silence.learn(ledger, day),
        "purchases": lambda: purchases.learn(ledger, day),
        "refill": lambda: refill.learn(ledger, day),
        "refill_product": lambda: refill.learn(ledger, day, "product"),
        "response": lambda: response.learn(ledger, day),
        "hours": lambda: hours.learn(ledger, day),
        "shelf": lambda: shelf.learn(ledger, day, barred([str(name) for name in ledger.products]), is_durable),
    }
    found = {}
    for name, job in jobs.items():
        try:
            found[name] = job()
        except (ArithmeticError, LookupError, ValueError) as fault:
            telemetry.log_fault("a model could not be learnt", fault, model=name)
            found[name] = unable("not_learnt")
    return found


def to_models(learnt: dict[str, Learnt]) -> Models:
    return Models(
        {name: each.parameters for name, each in learnt.items() if each.parameters},
        {name: each.blank for name, each in learnt.items() if each.blank},
        {name: each.arrays for name, each in learnt.items() if each.arrays},
    )


def to_json(models: Models) -> dict[str, Any]:
    """Parameters and blanks; the arrays are kept beside them."""
    return {
        "parameters": {name: dict(each) for name, each in models.parameters.items()},
        "blanks": {name: each.to_json() for name, each in models.blanks.items()},
    }


def to_bytes(models: Models) -> bytes:
    return packed.pack(
        {f"{model}.{name}": array for model, held in models.arrays.items() for name, array in held.items()}
    )


def from_stored(told: dict[str, Any], raw: bytes) -> Models:
    arrays: dict[str, dict[str, Array]] = {}
    for key, array in packed.unpack(raw).items():
        model, _, name = key.partition(".")
        arrays.setdefault(model, {})[name] = array
    return Models(told["parameters"], {name: Reason.from_json(each) for name, each in told["blanks"].items()}, arrays)
