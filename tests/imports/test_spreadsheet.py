"""P27: what we write for a spreadsheet is inert there and comes back as it was."""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from cli import spreadsheet

STARTS = ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'"]
BLANKS = ["", " ", "\u00a0", "\u3000", "\ufeff", "\u200b", " \t ", "\n", "\r\n", "\x0b", "x\n", "x\r\n ", "x\n\u00a0"]
CELLS = [f"{blank}{start}cmd|'/c calc'!A1" for blank in BLANKS for start in STARTS]
LIVE = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
text = st.text(st.sampled_from([*STARTS, *"\n ab0\u00a0\u200b\ufeff\"',;"]) | st.characters(codec="utf-8"), max_size=40)


def is_live(cell):
    """Whether any line of the cell, its blanks and unseen characters left out, begins as a formula does."""
    seen = cell.replace("\ufeff", " ").replace("\u200b", " ")
    return any(line.strip().startswith(LIVE) for line in seen.splitlines()) or cell.startswith(("\t", "\r"))


def test_no_cell_is_live_and_each_comes_back(record_property):
    live = [cell for cell in CELLS if is_live(spreadsheet.guard(cell))]
    back = [cell for cell in CELLS if spreadsheet.restore(spreadsheet.guard(cell)) == cell]
    assert any(map(is_live, CELLS))
    assert live == []
    assert len(back) == len(CELLS)
    record_property(
        "promise", f"P27: {len(CELLS)} cells of formulas: {len(live)} live, {len(back)} restored by the round trip"
    )


@given(text)
def test_any_cell_is_inert_and_comes_back(cell):
    guarded = spreadsheet.guard(cell)
    assert spreadsheet.restore(guarded) == cell
    for line in guarded.replace("\r", "\n").split("\n"):
        assert not line.strip().startswith(LIVE)


@given(st.lists(st.lists(text, min_size=2, max_size=4), min_size=1, max_size=5))
def test_rows_written_are_rows_read(rows):
    file = io.StringIO(newline="")
    writer = spreadsheet.Writer(file)
    for row in rows:
        writer.write(row)
    read = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert [[spreadsheet.restore(cell) for cell in row] for row in read] == rows


def test_what_is_refused_is_written_inert_and_can_be_mended_and_imported(run, sheet, tmp_path):
    names = ['=HYPERLINK("http://evil")', "'t Hooft", " =1+1", "x\n=cmd", "@SUM(A1)", "-2+3", "Ann"]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["Email", "First Name"])
    for number, name in enumerate(names):
        writer.writerow(["broken" if number < 6 else "ann@mail.example", name])
    path, refused = sheet(file.getvalue()), tmp_path / "refused.csv"
    told = json.loads(run("import", "customers", path, "--dry-run", "--json", "--refused", refused).stdout)
    assert (told["taken"], told["refused"]) == (1, 6)
    with refused.open(newline="", encoding="utf-8-sig") as opened:
        written = list(csv.reader(opened))
    assert written[0] == ["refused_line", "refused_reason", "Email", "First Name"]
    assert not [cell for row in written for cell in row if is_live(cell)]
    assert [spreadsheet.restore(row[3]) for row in written[1:]] == names[:6]
    assert refused.stat().st_mode & 0o077 == 0

    mended = refused.read_bytes().replace(b"broken", b"ann@mail.example")
    again = run("import", "customers", sheet(mended, "mended.csv"), "--dry-run", "--json")
    assert (json.loads(again.stdout)["taken"], json.loads(again.stdout)["refused"]) == (6, 0)


def test_the_report_never_overwrites_the_file_itself(run, sheet):
    path = sheet("Email\nbroken\n")
    answer = run("import", "customers", path, "--dry-run", "--refused", path)
    assert answer.exit_code == 1
    assert path.read_text() == "Email\nbroken\n"
