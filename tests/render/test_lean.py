"""Scripts lose what only people read, and nothing else."""

from __future__ import annotations

import pytest

from modelreport.render.lean import lean


@pytest.mark.parametrize(
    ("script", "left"),
    [
        ("a = 1; // one\nb = 2;", "a = 1;\nb = 2;"),
        ("/** @type {any} */ (a).b", " (a).b"),
        ("/* over\n   lines */\n  x();\n\n\n    y();", "x();\ny();"),
        ("a = 'it // is /* text */';", "a = 'it // is /* text */';"),
        ('a = "it\\"s // text"; // gone', 'a = "it\\"s // text";'),
        ("a = /['\"`/*]+\\/\\//g.test(b); // gone", "a = /['\"`/*]+\\/\\//g.test(b);"),
        ("return /[/'\"]/.exec(a)", "return /[/'\"]/.exec(a)"),
        ("a = (b + c) / d / 2; // 'gone", "a = (b + c) / d / 2;"),
        ("a = b[0] / c['x'] / 2;", "a = b[0] / c['x'] / 2;"),
        ("a = `// ${b /* gone */ + `in ${c}`} 'text\n   // text`;", "a = `// ${b  + `in ${c}`} 'text\n   // text`;"),
        ("a = `${(() => { return {b: 1}; })()} // text`;", "a = `${(() => { return {b: 1}; })()} // text`;"),
        ("a = `x \\` // ${'`'} //`;", "a = `x \\` // ${'`'} //`;"),
        ("a = `costs $5 // not a remark`;", "a = `costs $5 // not a remark`;"),
        ("let a = 1\n// gone\nlet b", "let a = 1\nlet b"),
    ],
)
def test_remarks_and_indentation_go_and_text_stays(script: str, left: str) -> None:
    assert lean(script) == left


def test_what_was_made_lean_stays_as_it_is() -> None:
    script = "const a = `x\n  ${b}`; // gone\n  if (a) { c(/\\//); }\n"
    assert lean(lean(script)) == lean(script)


@pytest.mark.parametrize("script", ["a = `text", "a = 'text\n'", "`${a"])
def test_text_without_an_end_is_an_error(script: str) -> None:
    with pytest.raises(ValueError, match=r"understood|does not end"):
        lean(script)
