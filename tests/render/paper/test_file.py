import io
import re
import zlib
from datetime import UTC, datetime

import pikepdf
import pytest

from modelreport.render.paper.file import pack, write

FACTS = b'{"facts": 1}'
WHEN = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def made():
    """A page with an attachment as WeasyPrint writes it, as it is written here, and that again."""
    import weasyprint

    html = weasyprint.HTML(string='<html lang="en"><title>t</title><h1 id=a>Words</h1><p><a href="#a">to them</a></p>')

    def printed(finisher):
        attached = [weasyprint.Attachment(string=FACTS.decode(), name="report.json", created=WHEN, modified=WHEN)]
        return html.write_pdf(attachments=attached, pdf_variant="pdf/ua-1", finisher=finisher)

    def finished(_document, pdf):
        pack(pdf, lambda: zlib.compress(FACTS))
        pdf.write = lambda output, *_how: write(pdf, output, "ab" * 16)

    return printed(None), printed(finished), printed(finished)


def test_the_same_objects_give_the_same_bytes(made):
    assert made[1] == made[2]


def test_it_holds_the_objects_that_pydyf_would_write(made):
    def shape(data):
        with pikepdf.open(io.BytesIO(data)) as document:
            root = document.Root
            return (
                len(document.pages), sorted(root.keys()), document.pages[0].Contents.read_bytes(),
                sorted(document.docinfo.keys()), len(document.objects),
            )  # fmt: skip

    assert shape(made[1]) == shape(made[0])


def test_a_strict_reader_finds_nothing_to_mend(made):
    with pikepdf.open(io.BytesIO(made[1]), attempt_recovery=False) as document:
        assert document.check_pdf_syntax() == []
        assert document.pdf_version == "1.7"
        assert document.attachments["report.json"].get_file().read_bytes() == FACTS


def test_every_stream_is_packed(made):
    with pikepdf.open(io.BytesIO(made[1])) as document:
        streams = [each for each in document.objects if isinstance(each, pikepdf.Stream)]
        assert len(streams) >= 3
        assert all(each.get("/Filter") == "/FlateDecode" for each in streams if each.get("/Type") != "/Metadata")


def test_the_file_is_known_by_what_it_tells_and_by_its_bytes(made):
    with pikepdf.open(io.BytesIO(made[1])) as document:
        told, digest = (bytes(each).decode() for each in document.trailer.ID)
    assert told == "ab" * 16
    assert re.fullmatch("[0-9a-f]{32}", digest)
