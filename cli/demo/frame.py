"""The frame of the demo's pages: one style, light and dark, every word escaped. No script, nothing from elsewhere."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from html import escape

from cli.demo.people import INVENTED
from cli.local.gateway import Answer

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; base-uri 'none'"
)
NAVIGATION = (
    *(("/", "Start"), ("/dashboard/", "Dashboard"), ("/outbox", "Outbox"), ("/customers", "Customers")),
    ("/privacy", "Privacy"),
)
SHOP = ("/shop", "Mini shop")

STYLE = """
:root{color-scheme:light dark;--ground:light-dark(#f5f7fa,#10151c);--card:light-dark(#fff,#18202a);
--line:light-dark(#d5dbe5,#2f3b4a);--text:light-dark(#161b26,#e8edf4);--soft:light-dark(#505b6b,#a9b5c4);
--accent:light-dark(#2450c8,#9ab6ff);--on:light-dark(#fff,#0d1420);--mark:light-dark(#fff3d6,#3a2f12);
--mark-text:light-dark(#664500,#ffdf94);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei",sans-serif}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:0 20px 60px;background:var(--ground);color:var(--text)}
.skip{position:absolute;left:-9999px}.skip:focus{left:16px;top:8px;background:var(--card);padding:8px 12px}
header{display:flex;flex-wrap:wrap;gap:8px 28px;align-items:center;padding:18px 0;border-bottom:1px solid var(--line)}
header strong{font-size:18px}nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:0;padding:0}
nav a{display:inline-block;padding:6px 2px;text-decoration:none}a[aria-current]{font-weight:700;
border-bottom:2px solid}
.clock{margin-left:auto;color:var(--soft);font-size:14px}
h1{font-size:26px;margin:26px 0 6px;overflow-wrap:anywhere}
h2{font-size:18px;margin:30px 0 8px}.card>h2:first-child{margin-top:0}.grid .card h2{font-size:15px;margin:0 0 6px}
a{color:var(--accent)}p{margin:0 0 12px}.soft{color:var(--soft)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:14px}
.card+.scroll,.scroll+.card,.card+dl,dl+dl,dl+p{margin-top:14px}
.chips{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:4px 0 16px;padding:0}
td a{overflow-wrap:anywhere}summary{cursor:pointer}summary+pre{margin-top:10px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px;overflow-wrap:anywhere}
.split{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:18px;align-items:start}
@media(max-width:820px){.split{grid-template-columns:minmax(0,1fr)}}
.mark{display:inline-block;background:var(--mark);color:var(--mark-text);border-radius:6px;padding:1px 8px;
font-size:13px}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:12px;background:var(--card)}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;padding:8px 12px;vertical-align:top;
border-bottom:1px solid var(--line)}tr:last-child td{border-bottom:0}th{color:var(--soft);font-weight:600}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 18px;margin:0}dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
button,input{font:inherit;min-height:38px;border-radius:8px;border:1px solid light-dark(#75808f,#7d8a9b);
padding:6px 14px;background:var(--card);color:var(--text)}
button{cursor:pointer}button.main{background:var(--accent);border-color:var(--accent);color:var(--on);font-weight:600}
form{display:inline-flex;flex-wrap:wrap;gap:8px;align-items:end;margin:0 8px 8px 0}label{display:grid;gap:3px;
font-size:14px;color:var(--soft)}
iframe{width:100%;height:640px;border:1px solid var(--line);border-radius:12px;background:#fff}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font-size:13px}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
@media(max-width:480px){dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:8px}}
"""


def page(
    title: str, now: str, here: str, *parts: str, language: str = "en", said: Callable[[str], str] = str
) -> Answer:
    """A whole page; `parts` are HTML already, `title`, `now` and `here` are text. `said` is the frame's own words in
    that language."""
    links = "".join(
        f'<li><a href="{path}"{" aria-current=page" if path == here else ""}>{escape(said(name))}</a></li>'
        for path, name in (*NAVIGATION, SHOP)
    )
    named = escape(said("Dripline demo"))
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · {named}</title><link rel="stylesheet" href="/style.css"></head><body>'
        f'<a class="skip" href="#main">{escape(said("Skip to content"))}</a><header><strong>{named}</strong>'
        f'<nav aria-label="{escape(said("Pages"))}"><ul>{links}</ul></nav>'
        f'<span class="clock">{escape(said("simulated time"))} {escape(now.replace("T", " "))}</span></header>'
        f'<main id="main" tabindex="-1"><h1>{escape(title)}</h1>{"".join(parts)}</main></body></html>'
    )
    return Answer(200, html.encode(), secured("text/html; charset=utf-8"))


def secured(kind: str, policy: str = CSP) -> tuple[tuple[str, str], ...]:
    """Headers of every answer of the demo's own."""
    return (
        ("Content-Type", kind),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    )


def see_other(path: str) -> Answer:
    return Answer(303, b"", (("Location", path),))


def missing(now: str) -> Answer:
    """The page for an address at which there is nothing."""
    shown = page(
        "Nothing here", now, "", '<p>There is no such page, mail or customer. <a href="/">To the start</a></p>'
    )
    return replace(shown, status=404)


def invented(said: str = INVENTED) -> str:
    """The mark beside every value that the demo made up."""
    return f'<span class="mark">{escape(said)}</span>'


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    empty: str = "Nothing yet.",
) -> str:
    """Cells are HTML already; `caption`, `heads` and `empty` are text."""

    def cells(tag: str, row: Sequence[str], scope: str = "") -> str:
        return "".join(
            f"<{tag}{scope}{' class=number' if place in numbers else ''}>{cell}</{tag}>"
            for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    if not body:
        return f'<p class="soft">{escape(empty)}</p>'
    head = cells("th", [escape(each) for each in heads], " scope=col")
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0"><table><thead><tr>{head}</tr>'
        f"</thead><tbody>{body}</tbody></table></div>"
    )


def pairs(values: Iterable[tuple[str, str]]) -> str:
    """A list of names and values; values are HTML already."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in values) + "</dl>"


def button(action: str, text: str, *, main: bool = False, **fields: str) -> str:
    """A form with one button that posts `fields`."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    kind = ' class="main"' if main else ""
    return f'<form method="post" action="{escape(action)}">{hidden}<button{kind}>{escape(text)}</button></form>'
