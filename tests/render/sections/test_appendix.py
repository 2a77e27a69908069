"""All tensors, what was not checked, how to make it again."""

from __future__ import annotations

import shlex
from typing import get_args

from msgspec.structs import replace

from modelreport.facts import Item, Role
from modelreport.options import RenderOptions
from modelreport.render.anchors import anchors
from modelreport.render.sections.appendix import ROLES, badge, command, dtypes, not_checked, tensors
from modelreport.render.setting import under
from tests.factories import hostile_report, make_report, skipped_report


def test_every_tensor_has_a_row() -> None:
    report = make_report()
    made = tensors(report, anchors(report))
    assert [row.id for row in made.rows] == [f"tensor-{i}" for i in range(len(report.structure.tensors))]
    assert badge(report) == str(len(report.structure.tensors))


def test_remarks_name_what_is_odd() -> None:
    report = make_report()
    odd = replace(report.structure.tensors[0], tied_to="fc.weight", expanded=True, layout="sparse", note="odd")
    report = replace(report, structure=replace(report.structure, tensors=(odd,)))
    assert tensors(report, anchors(report)).rows[0].cells[-1].text == "tied to fc.weight; expanded; sparse; odd"


def test_dtypes_sum_to_everything() -> None:
    report = make_report()
    made = dtypes(report)
    place = [column.id for column in made.columns].index("share")
    assert abs(sum(float(row.cells[place].exact) for row in made.rows) - 1) < 1e-5


def test_every_missing_part_and_check_is_named() -> None:
    assert [what for what, _ in not_checked(make_report())] == ["Keys against the architecture (A004)"]
    assert [what for what, _ in not_checked(skipped_report())] == [
        "Security",
        "Architecture",
        "Forward pass",
        "Weights",
    ]


def test_the_command_is_one_that_a_shell_reads() -> None:
    report = make_report()
    assert command(report) == "modelreport build digits_resnet.pt --input 1,3,32,32 -o report.html"
    spaced = replace(report.source, name="my model; rm -rf.pt")
    quiet = replace(report.generator, options=(Item(name="--no-trace", value=""),))
    text = command(replace(report, source=spaced, generator=quiet))
    assert shlex.split(text) == ["modelreport", "build", "my model; rm -rf.pt", "--no-trace", "-o", "report.html"]


def test_an_object_has_no_command() -> None:
    report = make_report()
    assert command(replace(report, source=replace(report.source, kind="object"))) == ""


def test_hostile_names_do_not_break_the_tables() -> None:
    report = hostile_report()
    for row in tensors(report, anchors(report)).rows:
        assert max(len(cell.text) for cell in row.cells) < 1000


def test_roles_are_told_in_the_language_of_the_report() -> None:
    assert set(ROLES) == set(get_args(Role))
    with under(RenderOptions(lang="zh")):
        assert tensors(make_report(), anchors(make_report())).rows[0].cells[3].text == "参数"
