"""The browser's script as it is served: `snippet.js` without comments and spaces, its own names cut to a letter.

Made once a process from the readable source beside this file, so that there is
nothing to build. Refuses to be a minifier for scripts that somebody else wrote:
every statement of the source ends with `;` or `}`, a regular expression is
followed by `.`, `,` or `)`, and a name of RENAMED is never written as a
property without its name (`{held}`).
"""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_suffix(".js")
RENAMED = {
    "A": "attempt", "B": "away", "C": "busy", "D": "campaign", "E": "consent", "F": "decide", "G": "dripline",
    "H": "failed", "I": "flush", "J": "held", "K": "idle", "L": "leaving", "M": "leave", "N": "memory", "O": "message",
    "P": "note", "Q": "random", "R": "read", "S": "resume", "T": "script", "U": "since", "V": "spent", "W": "state",
    "X": "given", "Y": "timer", "Z": "visible",
}  # fmt: skip
HEADERS = {
    "Content-Type": "text/javascript; charset=utf-8",
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
    "Vary": "Accept-Encoding",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_TOKEN = re.compile(
    r"""
    "(?:\\.|[^"\\\n])*"                                         # text
  | //[^\n]*                                                    # a comment
  | /(?![*/])(?:\\.|\[[^\]\n]*\]|[^/\\\n\[])+/g?(?=[.,)])       # a regular expression
  | \.\.\. | [\w$]+ | \s+ | .
    """,
    re.VERBOSE,
)
_SHORT = {name: letter for letter, name in RENAMED.items()}
_WORD = re.compile(r"[\w$]")
_NEEDLESS = {("}", ";"), ("}", ","), (")", ",")}
"""What may stand before a closing bracket and need not."""


class Script(NamedTuple):
    plain: bytes
    zipped: bytes
    etag: str


@cache
def script() -> Script:
    """What `GET /dripline.js` answers. The ETag is weak, as it names both forms."""
    plain = minify(SOURCE.read_text(encoding="utf-8")).encode()
    return Script(plain, gzip.compress(plain, 9, mtime=0), f'W/"{hashlib.sha256(plain).hexdigest()[:20]}"')


def is_known(found: Script, if_none_match: str) -> bool:
    """Whether a browser's If-None-Match names this very script."""
    return found.etag.removeprefix("W/") in if_none_match


def minify(source: str) -> str:
    """The same script in fewer bytes."""
    tokens = [""]
    parted = False
    for found in _TOKEN.finditer(source):
        token = found[0]
        if token.isspace() or token.startswith("//"):
            parted = True
            continue
        if (token, tokens[-1]) in _NEEDLESS:
            tokens.pop()
        if parted and _WORD.match(tokens[-1][-1:]) and _WORD.match(token):
            tokens.append(" ")
        tokens.append(token)
        parted = False
    return "".join(_shorten(tokens))


def _shorten(tokens: list[str]) -> list[str]:
    """Each name of RENAMED by its letter, but not where it is a property."""
    following = [*tokens[1:], ""]
    before = ["", *tokens]
    return [
        _SHORT.get(token, token) if before[place] != "." and following[place] != ":" else token
        for place, token in enumerate(tokens)
    ]
