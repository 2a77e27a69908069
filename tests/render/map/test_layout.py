from __future__ import annotations

import itertools
import math
import time

import pytest

from modelreport.render.map import make_scene
from modelreport.render.map.layout import PAD, Layout, lay_out
from modelreport.render.map.scene import Scene

from .scenes import bert, deep, dense, flat, nested, resnet, unet, varied, vit
from .test_arrange import touched

NETWORKS = {"resnet": resnet, "vit": vit, "bert": bert, "unet": unet, "dense": dense, "varied": varied}


def laid_out(network) -> tuple[Scene, Layout]:
    scene = make_scene(network.report())
    return scene, lay_out(scene)


@pytest.mark.parametrize("name", NETWORKS)
def test_children_lie_inside_their_box_and_do_not_overlap(name):
    scene, layout = laid_out(NETWORKS[name]())
    for index, node in enumerate(scene.nodes):
        content = layout.places[index].content
        if content is None:
            continue
        boxes = []
        for child, (x, y) in zip(node.children, content.places, strict=True):
            place = layout.places[child]
            assert x > -0.01
            assert y > -0.01
            assert x + place.width < content.width + 0.01
            assert y + place.height < content.height + 0.01
            boxes.append((x, y, x + place.width, y + place.height))
        for k, a in enumerate(boxes):
            for b in boxes[k + 1 :]:
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


@pytest.mark.parametrize("name", NETWORKS)
def test_no_edge_passes_through_a_box(name):
    scene, layout = laid_out(NETWORKS[name]())
    looked = set()
    for index, node in enumerate(scene.nodes):
        content = layout.places[index].content
        if content is None or id(content) in looked:
            continue
        looked.add(id(content))
        places = [layout.places[child] for child in node.children]
        sizes = [(place.width, place.height, place.axis) for place in places]
        for way in content.routes:
            assert touched(content, sizes, way.points) == set(), (node.path, way)


def straight_pieces(content, upright: bool) -> list[tuple[float, float, float, int, int]]:
    """Where each straight piece of the routes lies, from where to where, its source and its target."""
    found = []
    for way in content.routes:
        for (x0, y0), (x1, y1) in itertools.pairwise(way.points):
            if upright and abs(x1 - x0) < 0.01:
                found.append((x0, min(y0, y1), max(y0, y1), way.source, way.target))
            elif not upright and abs(y1 - y0) < 0.01:
                found.append((y0, min(x0, x1), max(x0, x1), way.source, way.target))
    return sorted(found)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "dense"])  # where every layer reads every other
def test_lines_of_different_tensors_to_different_places_never_run_on_each_other(name):
    scene, layout = laid_out(NETWORKS[name]())
    for content in {id(place.content): place.content for place in layout.places if place.content}.values():
        for upright in (True, False):
            pieces = straight_pieces(content, upright)
            for k, (at, start, end, source, target) in enumerate(pieces):
                near = itertools.takewhile(lambda other, at=at: other[0] - at < 2.5, pieces[k + 1 :])
                for _, begin, stop, other, goal in near:
                    apart = other == source or goal == target
                    assert apart or min(end, stop) - max(start, begin) < 8, (content.columns, at, source, other)
    assert scene.links


@pytest.mark.parametrize("name", NETWORKS)
def test_data_flows_downwards_in_every_column(name):
    scene, layout = laid_out(NETWORKS[name]())
    for index, node in enumerate(scene.nodes):
        content = layout.places[index].content
        if content is None or content.columns > 1:
            continue
        tops = [y for _, y in content.places]
        lows = [y + layout.places[child].height for child, (_, y) in zip(node.children, content.places, strict=True)]
        for way in content.routes:
            start = lows[way.source] if way.source < len(tops) else 0.0
            end = tops[way.target] if way.target < len(tops) else content.height
            assert start <= end + 0.01


@pytest.mark.parametrize("name", NETWORKS)
def test_edges_end_on_the_borders_of_what_they_join(name):
    scene, layout = laid_out(NETWORKS[name]())
    for index, node in enumerate(scene.nodes):
        content = layout.places[index].content
        if content is None:
            continue
        for edge, way in zip(node.edges, content.routes, strict=True):
            assert (way.source, way.target) == (edge.source, edge.target)
            for end, point in ((edge.source, way.points[0]), (edge.target, way.points[-1])):
                if end < len(node.children):
                    x, y = content.places[end]
                    place = layout.places[node.children[end]]
                    inside_x = (
                        min(abs(point[0] - x), abs(point[0] - x - place.width)) < 0.01 or x < point[0] < x + place.width
                    )
                    assert inside_x
                    assert y - 0.01 <= point[1] <= y + place.height + 0.01
                else:
                    assert point[1] in {0.0, content.height}


def test_equal_blocks_have_equal_sizes_also_in_and_outside_of_a_group():
    scene, layout = laid_out(resnet())
    stages: dict[str, set[tuple[float, float, float]]] = {}
    for node, place in zip(scene.nodes, layout.places, strict=True):
        if node.type == "Bottleneck" and node.kind == "module":
            stages.setdefault(node.path.split(".")[0], set()).add((place.width, place.height, place.scale))
    assert sorted(stages) == ["layer1", "layer2", "layer3", "layer4"]
    assert {len(sizes) for sizes in stages.values()} == {1}


def test_the_first_screen_fills_its_pane():
    for name, make in NETWORKS.items():
        _, layout = laid_out(make())
        place = layout.places[0]
        assert 1.0 < place.width / place.height < 2.3
        assert name == "dense" or layout.tall.width / layout.tall.height < 1.1, "one wide block stays as wide"


def test_a_layout_is_the_same_every_time():
    assert repr(laid_out(bert())[1].contents) == repr(laid_out(bert())[1].contents)


def test_a_mask_read_by_every_layer_is_a_shared_edge_and_no_skip_connection():
    scene, layout = laid_out(bert())
    encoder = next(index for index, node in enumerate(scene.nodes) if node.repeat == 12)
    content = layout.places[encoder].content
    assert content is not None
    assert {way.kind for way in content.routes} == {"plain", "shared"}


def test_identical_contents_are_laid_out_once():
    _, layout = laid_out(bert(24))
    _, shorter = laid_out(bert(4))
    assert len(layout.contents) == len(shorter.contents)


def test_tall_models_use_the_pane():
    for network in (resnet(), bert(), flat(3000)):
        _, layout = laid_out(network)
        assert 0.7 < layout.places[0].width / layout.places[0].height < 2.8


def test_an_operation_beside_a_stage_of_blocks_is_not_dwarfed_by_it():
    scene, layout = laid_out(resnet())
    sizes = {scene.nodes[child].name: layout.places[child] for child in scene.nodes[0].children}
    large, small = (math.sqrt(sizes[name].width * sizes[name].height) for name in ("layer3", "conv1"))
    assert large < 6 * small


@pytest.mark.parametrize("make", [flat, nested])
def test_fifty_thousand_operations_are_laid_out_in_seconds(make):
    scene = make_scene(make().report())
    start = time.process_time()
    layout = lay_out(scene)
    assert time.process_time() - start < 30  # one second where it was written; minutes if it were quadratic
    assert all(math.isfinite(place.width + place.height) for place in layout.places)


@pytest.mark.parametrize("name", NETWORKS)
def test_modules_without_data_flow_fill_their_boxes_and_do_not_overlap(name):
    scene = make_scene(NETWORKS[name]().report(traced=False))
    layout = lay_out(scene)
    for index, node in enumerate(scene.nodes):
        place = layout.places[index]
        if place.content is None:
            continue
        assert place.content.routes == ()
        assert place.dx >= PAD - 0.01
        assert place.dx + place.content.width * place.scale <= place.width - PAD + 0.01
        assert place.dy + place.content.height * place.scale <= place.height - PAD + 0.01
        boxes = []
        for child, (x, y) in zip(node.children, place.content.places, strict=True):
            inside = layout.places[child]
            assert x + inside.width < place.content.width + 0.01
            assert y + inside.height < place.content.height + 0.01
            boxes.append((x, y, x + inside.width, y + inside.height))
        for k, a in enumerate(boxes):
            for b in boxes[:k]:
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_without_data_flow_a_card_is_the_larger_the_more_parameters_it_has():
    scene = make_scene(resnet().report(traced=False))
    layout = lay_out(scene)
    area = {node.path: place.width * place.height for node, place in zip(scene.nodes, layout.places, strict=True)}
    assert area["fc"] > 2 * area["avgpool"]
    assert area["conv1"] > 1.5 * area["bn1"]


def test_depth_costs_no_stack():
    scene, layout = laid_out(deep(3000))
    assert len(layout.places) == len(scene.nodes)
