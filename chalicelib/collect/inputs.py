"""Form controls of the public pages: each labelled, each usable with the keyboard alone, each working without script.

A box that is not ticked is not posted, so every box has a name of its own
(`topic.kitchen`), and what a page showed as ticked is told by what it shows.
Refuses to judge what was entered; that is the page's.
"""

from collections.abc import Collection, Mapping
from html import escape


def radios(name: str, legend: str, options: Mapping[str, str], chosen: str = "") -> str:
    """One of several; option values → labels as plain text. `legend` is escaped already."""
    rows = "".join(
        _row("radio", name, value, label, checked=value == chosen and bool(chosen)) for value, label in options.items()
    )
    return _group(legend, rows)


def boxes(name: str, legend: str, options: Mapping[str, str], chosen: Collection[str] = ()) -> str:
    """Any of several, each posted as `name.option` = yes."""
    rows = "".join(
        _row("checkbox", f"{name}.{value}", "yes", label, checked=value in chosen) for value, label in options.items()
    )
    return _group(legend, rows)


def ticked(name: str, form: Mapping[str, str], options: Collection[str]) -> list[str]:
    """Which of `boxes` were ticked, in the order of the options."""
    return [value for value in options if form.get(f"{name}.{value}") == "yes"]


def select(name: str, label: str, options: Mapping[str, str], chosen: str) -> str:
    """A list to choose from; option values are language tags, which say how their labels are to be read."""
    rows = "".join(
        f'<option value="{escape(value)}" lang="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(text)}</option>"
        for value, text in options.items()
    )
    return f'<label for="{name}">{label}</label><select id="{name}" name="{name}">{rows}</select>'


def entry(
    name: str,
    label: str,
    kind: str,
    *,
    value: str = "",
    hint: str = "",
    wrong: str = "",
    limits: tuple[str, str] = ("", ""),
    fill: str = "off",
) -> str:
    """A text, number or date field; `hint` and `wrong` are escaped and read out with it; `limits`: least, most."""
    tied = [f"{name}_{part}" for part, text in (("hint", hint), ("wrong", wrong)) if text]
    described = f' aria-describedby="{" ".join(tied)}"' if tied else ""
    invalid = ' aria-invalid="true"' if wrong else ""
    least, most = (
        f' {bound}="{escape(each)}"' if each else "" for bound, each in zip(("min", "max"), limits, strict=True)
    )
    keys = ' inputmode="decimal" step="any"' if kind == "number" else ""
    longest = ' maxlength="200"' if kind == "text" else ""
    about = f'<p class="soft hint" id="{name}_hint">{hint}</p>' if hint else ""
    fault = f'<p class="wrong" id="{name}_wrong" role="alert">{wrong}</p>' if wrong else ""
    return (
        f'<label for="{name}">{label}</label>{about}<input id="{name}" name="{name}" type="{kind}"'
        f' value="{escape(value)}" autocomplete="{fill}"{longest}{keys}{least}{most}{invalid}{described}>{fault}'
    )


def _group(legend: str, rows: str) -> str:
    return f"<fieldset><legend><h2>{legend}</h2></legend>{rows}</fieldset>"


def _row(kind: str, name: str, value: str, label: str, *, checked: bool) -> str:
    return (
        f'<label class="choice"><input type="{kind}" name="{escape(name)}" value="{escape(value)}"'
        f"{' checked' if checked else ''}><span>{escape(label)}</span></label>"
    )
