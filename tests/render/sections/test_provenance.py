"""Where it came from and what it would have run."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Call, Identification, Item, Security
from modelreport.render import render
from modelreport.render.html import write_html
from modelreport.render.sections.provenance import (
    badge,
    calls,
    context,
    files,
    identity,
    origin,
    own_code,
    safety,
    statement,
)
from tests.factories import make_report, skipped_report

ATTACK = Call(target="os.system", arguments="'id'", kind="call", where="archive/data.pkl at 2", danger="code")


def armed() -> Security:
    security = make_report().security
    assert isinstance(security, Security)
    return replace(security, calls=(*security.calls, ATTACK), executes=True)


def test_foreign_code_comes_first_and_is_named_with_its_arguments() -> None:
    first = calls(armed()).rows[0]
    assert [cell.text for cell in first.cells[:2]] == ["os.system", "✖ Foreign code"]
    assert "'id'" in first.cells[4].text


def test_the_judgement_follows_the_calls() -> None:
    security = make_report().security
    assert isinstance(security, Security)
    assert safety(armed()).css == "error"
    assert safety(security).pill == "● Classes"
    assert safety(replace(security, calls=security.calls[:1])).pill == "✓ Expected"
    assert safety(Security(calls=(), executes=False, pickles=0)).pill == "✓ No code"


def test_a_file_that_runs_code_warns_in_the_rail() -> None:
    assert badge(replace(make_report(), security=armed())) == "✖ code"
    assert badge(make_report()) is None


def test_files_are_listed_with_their_whole_hash() -> None:
    report = make_report()
    row = files(report).rows[0]
    assert row.cells[2].text == report.source.files[0].sha256


def test_how_it_is_known_is_said_in_words() -> None:
    known = Identification(
        name="resnet50", library="torchvision", library_version="0.28.0", how="keys and shapes", matched=318, total=320,
        equal=("wide",), missing=("fc.bias",),
    )  # fmt: skip
    items = {item.name: item.value for item in identity(known)}
    assert items["Tensors that fit"] == "318 of 320 tensors (99.4 %)"
    assert items["Known by"] == "names and shapes of the tensors"
    assert items["Identified as"] == (
        "resnet50, one of 2 that fit equally: names and shapes, but for 1 tensor that the file lacks"
    )
    alone = replace(known, equal=(), missing=())
    assert statement(alone) == "resnet50, the only one that fits: all names and shapes"
    assert statement(replace(alone, how="config")) == ""
    page = write_html(replace(make_report(), identification=known)).decode()
    assert "Fit equally well (1)" in page
    assert "Missing from the file (1)" in page


def test_what_was_left_out_of_names_is_said() -> None:
    items = {item.name: item.value for item in origin(make_report())}
    assert items["Prefix left out of names"] == "module."
    assert items["Model lies under"] == "model"


def test_source_code_is_text_and_folded() -> None:
    source = replace(make_report().source, code=(Item(name="net.py", value="import os\n<script>alert(1)</script>\n"),))
    page = write_html(replace(make_report(), source=source)).decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "never run" in page


def test_a_file_that_was_not_checked_says_why() -> None:
    values = context(skipped_report())
    assert values["safety"] is None
    assert values["calls"] is None
    assert "Not checked for code" in write_html(skipped_report()).decode()


def test_code_of_the_user_that_was_run_is_said_wherever_security_is() -> None:
    known = Identification(name="Net", library="nets", how="factory", user_code="--model nets.py:Net(depth=4)")
    report = replace(make_report(), identification=known)
    items = {item.name: item.value for item in identity(known)}
    assert items["Code of the user that was run"] == known.user_code
    assert items["Known by"] == "built by the user's own code"
    pickled = replace(known, how="pickled class")
    assert {i.name: i.value for i in identity(pickled)}["Known by"].endswith("from the user's own code")
    for suffix in (".html", ".md"):
        page = render(report, suffix).decode()
        assert "Code that the user named was run" in page
    assert "For this report, code that the user named was run" in write_html(report).decode()
    assert own_code(make_report()) == ""
    assert "Code that the user named" not in write_html(make_report()).decode()


def test_code_that_ran_in_vain_is_said_too() -> None:
    report = skipped_report()
    options = (Item(name="--code", value="nets.py"), Item(name="--model", value="Net"))
    ran = replace(report, generator=replace(report.generator, options=options))
    assert own_code(ran) == "--code nets.py --model Net"
