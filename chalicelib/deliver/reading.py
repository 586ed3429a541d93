"""How long a mail is kept open, as far as a mail can tell: three images that are asked for as the seconds pass.

Styles tell the reader's program to paint a background after 0, 2 and 8
seconds; one that paints asks for it then, and one that closed the mail does
not. The mark at 0 tells "glanced" from "cannot be seen". Programs that leave
out animations (Gmail, Outlook on Windows) ask for none of the three, and those
that fetch everything beforehand are machines to `collect`. What this costs and
where it works is in docs/decisions/0008-reading-time.md. Refuses HTML without a
head and a body.
"""

from collections.abc import Sequence

AFTER = (0, 2, 8)
"""Seconds after which mark n is asked for; `collect/tracker.py` knows them by the same numbers."""


def add_marks(html: str, marks: Sequence[str]) -> str:
    """`html` with the marks, whose addresses need no escaping; unchanged where it has no head or no body."""
    head, body = html.find("</head>"), html.rfind("</body>")
    if head < 0 or body < head:
        return html
    styles = "".join(
        f"@keyframes read{after}{{to{{background-image:url({url})}}}}"
        f".read{after}{{width:1px;height:1px;animation:read{after} 1ms {after}s forwards}}"
        for after, url in zip(AFTER, marks, strict=True)
    )
    boxes = "".join(f'<div class="read{after}" aria-hidden="true"></div>' for after in AFTER)
    return f"{html[:head]}<style>{styles}</style>{html[head:body]}{boxes}{html[body:]}"
