from markupsafe import Markup

from modelreport.render.paper.headings import COLUMN_ROWS, Heading, Headings


def written(sections, parts=0):
    headings = Headings()
    for i in range(sections):
        headings(2, f"s{i}", f"Section {i}")
        for k in range(parts):
            headings(3, f"s{i}-{k}", f"Part {k}")
    return headings


def test_a_heading_is_written_with_its_anchor_and_escaped():
    headings = Headings()
    made = headings(3, "a", "<b> & c", Markup("<i>!</i>"))
    assert made == '<h3 id="a">' + "<i>!</i><bdi>&lt;b&gt; &amp; c</bdi></h3>"
    assert headings.listed == [Heading(3, "a", "<b> & c")]
    assert headings.titles() == {"a": "<b> & c"}


def test_contents_stand_in_columns_of_about_equal_length_and_keep_sections_whole():
    left, right = written(8, 3).contents()
    assert [each.id for each in left + right] == [each.id for each in written(8, 3).listed]
    assert len(left) == len(right) == 16
    assert right[0].level == 2


def test_contents_of_many_parts_name_the_sections_alone():
    columns = written(8, COLUMN_ROWS).contents()
    assert {each.level for column in columns for each in column} == {2}
    assert sum(map(len, columns)) == 8


def test_drawings_are_not_in_the_contents():
    headings = written(1)
    headings(4, "x", "A drawing")
    assert [each.id for column in headings.contents() for each in column] == ["s0"]


def test_no_heading_is_no_column():
    assert Headings().contents() == []
