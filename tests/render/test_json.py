import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.errors import CorruptFileError
from modelreport.facts import READABLE_VERSIONS, SCHEMA_VERSION, Item, Report, Skipped
from modelreport.render.json import decode, encode, write_json
from tests.factories import hostile_report, make_report, skipped_report


@pytest.mark.parametrize("make", [make_report, skipped_report, hostile_report])
def test_a_report_reads_back_equal(make):
    report = make()
    assert decode(write_json(report), Report) == report


def test_the_same_report_gives_the_same_bytes_with_sorted_keys():
    data = write_json(make_report())
    assert data == write_json(make_report())
    keys = list(json.loads(data))
    assert keys == sorted(keys)


def test_lone_surrogates_become_text_that_any_json_reader_takes():
    data = encode(make_report(title="a\ud800b\x1ac"))
    assert json.loads(data)["title"] == "a\x1ad800b\x1a001ac"
    data.decode("utf-8")


@given(st.text(st.characters(codec=None), max_size=20))
def test_any_text_survives(text):
    item = Item(name=text, value=text + "\x1a")
    report = make_report(source=msgspec.structs.replace(make_report().source, metadata=(item,)))
    assert decode(encode(report), Report).source.metadata == (item,)


def test_unions_keep_their_kind():
    back = decode(write_json(skipped_report()), Report)
    assert isinstance(back.trace, Skipped)
    assert back.trace.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1, 2]", b"\xff\xfe", b"null", b"{}", b"[" * 100_000, b'{"schema_version": "1"}', b'{"a": 1}'],
)
def test_other_data_is_a_corrupt_file(data):
    with pytest.raises(CorruptFileError):
        decode(data, Report)


def test_a_newer_schema_says_to_upgrade():
    data = json.dumps({"schema_version": SCHEMA_VERSION + 1}).encode()
    with pytest.raises(CorruptFileError, match=f"schema version {SCHEMA_VERSION + 1}") as caught:
        decode(data, Report)
    assert "upgrade" in caught.value.hint


def test_a_report_of_the_version_before_reads_as_one_of_this():
    old = json.loads(write_json(make_report()))
    old["schema_version"] = READABLE_VERSIONS[0]
    del old["verdict"]["not_applicable"]
    back = decode(json.dumps(old).encode(), Report)
    assert (back.schema_version, back.verdict.not_applicable) == (SCHEMA_VERSION, 0)
    assert back == msgspec.structs.replace(make_report(), verdict=back.verdict)
    assert decode(write_json(back), Report) == back


def test_an_older_schema_says_to_build_again():
    with pytest.raises(CorruptFileError) as caught:
        decode(b'{"schema_version": 0}', Report)
    assert "build" in caught.value.hint


@pytest.mark.parametrize("make", [make_report, hostile_report])
def test_a_damaged_field_is_named(make):
    data = json.loads(write_json(make()))
    data["structure"]["parameters"] = "many"
    with pytest.raises(CorruptFileError, match="parameters"):
        decode(json.dumps(data).encode(), Report)


def test_a_truncated_report_is_a_corrupt_file():
    data = write_json(make_report())
    for end in (10, len(data) // 2, len(data) - 3):
        with pytest.raises(CorruptFileError):
            decode(data[:end], Report)


def test_counts_beyond_64_bits_survive():
    structure = msgspec.structs.replace(make_report().structure, parameters=10**40)
    report = make_report(structure=structure)
    assert decode(encode(report), Report).structure.parameters == 10**40
