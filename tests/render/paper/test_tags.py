import pydyf
import pytest

from modelreport.render.paper.tags import finish


@pytest.fixture
def made():
    """A page of WeasyPrint as objects: a running head, a figure, a table and a link with a box inside."""
    import weasyprint

    held = {}
    page = (
        '<html lang="en"><head><title>t</title><style>@page { size: 200px 100px; margin: 20px; '
        '@top-left { content: "head" } }</style></head><body><p id=x>words</p>'
        '<img alt="a drawing" width="40" height="10" src="data:image/svg+xml;utf8,'
        "&lt;svg xmlns='http://www.w3.org/2000/svg' width='40' height='10'>&lt;rect width='9' height='9'/>&lt;/svg>\">"
        "<table><thead><tr><th scope=col>a</th><th scope=col>b</th></tr></thead>"
        "<tbody><tr><th scope=row>1</th><td>2</td></tr></tbody></table>"
        "<p><a href='#x'><b>to words</b></a></p></body></html>"
    )

    def keep(_document, pdf):
        held["pdf"] = pdf
        finish(pdf, {"x": "The words"})

    held["bytes"] = weasyprint.HTML(string=page).write_pdf(pdf_variant="pdf/ua-1", finisher=keep)
    return held


def elements(pdf, kind):
    return [each for each in pdf.objects if isinstance(each, dict) and each.get("S") == kind]


def test_running_heads_are_artifacts(made):
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(made["bytes"])) as document:
        content = document.pages[0].Contents.read_bytes()
        nums = document.Root.StructTreeRoot.ParentTree.Nums
    assert content.count(b"/Type /Pagination") == 1
    assert any(each is None for each in nums[1]), "nothing on the tree owns it"


def test_figures_have_their_place_in_points_from_below(made):
    [figure] = elements(made["pdf"], "/Figure")
    x1, y1, x2, y2 = figure["A"]["BBox"]
    assert (x1, x2) == (21, 51), "28 pixels of margins, 40 of its own"
    assert 0 < y1 < y2 < 75
    assert y2 - y1 == pytest.approx(7.5)


def test_header_cells_have_scopes_and_are_found(made):
    scopes = [each["A"]["Scope"] for each in elements(made["pdf"], "/TH")]
    assert scopes == ["/Column", "/Column", "/Row"]
    objects = {each.reference: each for each in made["pdf"].objects}
    tree = objects[objects[made["pdf"].catalog["StructTreeRoot"]]["IDTree"]]
    assert [tree["Names"][i].string for i in (0, 2, 4)] == sorted(e["ID"].string for e in elements(made["pdf"], "/TH"))


def test_a_link_has_one_annotation_with_words(made):
    links = [e for e in made["pdf"].objects if isinstance(e, dict) and e.get("Subtype") == "/Link"]
    assert len(links) == 1
    assert links[0]["Contents"].string == "The words"
    assert links[0]["F"] == 4


def test_pages_have_labels_and_the_outline_is_shown(made):
    assert made["pdf"].catalog["PageMode"] == "/UseOutlines"
    assert isinstance(made["pdf"].catalog["PageLabels"]["Nums"], pydyf.Array)
