"""Which encoding a file is in, told before anything of it is read.

Goes by the byte order mark, else UTF-8; zero bytes in every other place mean
UTF-16. Everything else must be named. The whole file is tried first, block by
block, so that a file in the wrong encoding is refused with its line and not
taken in half. Refuses to guess between encodings that any bytes fit.
"""

import codecs
from pathlib import Path

from chalicelib.errors import BadInput

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK = 1 << 20


def check(path: Path, named: str = "") -> str:
    """The encoding's name. Raises BadInput with the line that does not fit."""
    if named:
        try:
            codecs.lookup(named)
        except LookupError:
            raise BadInput(f"no encoding is called {named!r}; some that are: utf-8, utf-16, cp1252, gb18030") from None
    with path.open("rb") as file:
        found = named or _detect(file.read(4096))
        file.seek(0)
        decoder = codecs.getincrementaldecoder(found)("strict")
        line = 1
        try:
            while block := file.read(_BLOCK):
                line += decoder.decode(block).count("\n")
            decoder.decode(b"", final=True)
        except (UnicodeDecodeError, UnicodeError) as fault:
            line += _lines_before(block, fault)
            raise BadInput(
                f"{path.name} is not {found.removesuffix('-sig').upper()}: line {line} does not fit. Save it as UTF-8, "
                "or name its encoding with --encoding, such as cp1252 (Excel in Western Europe) or gb18030"
            ) from None
    return found


def _detect(start: bytes) -> str:
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    pairs = max(len(start) // 2, 1)
    if start[1::2].count(0) > pairs * 0.4:
        return "utf-16-le"
    return "utf-16-be" if start[::2].count(0) > pairs * 0.4 else "utf-8-sig"


def _lines_before(block: bytes, fault: UnicodeError) -> int:
    start = getattr(fault, "start", 0)
    return block[:start].count(b"\n")
