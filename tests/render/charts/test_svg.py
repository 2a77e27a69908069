import xml.etree.ElementTree as ET

from modelreport.render.charts import overview
from modelreport.render.charts.svg import svg
from tests.factories import make_report


def drawing(name, theme="print", **more):
    return ET.fromstring(str(svg(overview(make_report())[name], theme, **more)))


def words(root):
    return [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_each_bar_has_its_name_its_value_and_a_tooltip():
    root = drawing("flops-by-family")
    assert {"convolution", "34.44 MFLOP · 98.2 %"} <= set(words(root))
    bars = root.findall("{*}rect")
    assert bars[0].find("{*}title").text.startswith("convolution: 34,439,168 FLOP")


def test_bars_are_as_long_as_their_values():
    root = drawing("parameters-by-module")
    chart = overview(make_report())["parameters-by-module"]
    wide = [float(bar.get("width")) for bar in root.findall("{*}rect")]
    values = chart.layers[0].values
    longest = values.index(max(values))
    for value, width in zip(values, wide, strict=True):
        assert abs(width - max(0.8, value / max(values) * wide[longest])) < 0.11


def test_stacks_lie_end_to_end_and_have_a_legend():
    root = drawing("flops-by-depth")
    assert {"convolution", "norm", "9.62 MFLOP"} <= set(words(root))


def test_the_peak_is_marked():
    root = drawing("memory-timeline")
    assert len(root.findall("{*}circle")) == 1
    assert "peak 192 KiB" in words(root)


def test_equal_colours_of_a_heat_map_are_one_path():
    root = drawing("weight-heatmap")
    assert len(root.findall("{*}path")) <= 21
    assert "99.9 %" in words(root)


def test_long_row_names_keep_their_tail_and_the_whole_name_as_tooltip():
    root = drawing("weight-ridgeline", wide=300)
    titles = [element.find("{*}title") for element in root.iter("{http://www.w3.org/2000/svg}text")]
    cut = [title for title in titles if title is not None]
    assert cut
    assert all(title.tail[0] == "…" and title.text.endswith(title.tail[1:]) for title in cut)


def test_no_grid_runs_through_the_words_of_bars():
    across = [path.get("d") for path in drawing("parameters-by-module").iter("{http://www.w3.org/2000/svg}path")]
    assert [data.count("M") for data in across] == [1], "the line under the bars alone"
    assert drawing("memory-timeline").find(".//{*}path").get("d").count("M") > 1
