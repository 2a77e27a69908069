import pytest

from modelreport.render.map import make_scene
from modelreport.render.map.marks import beside, label, ranges
from tests.render.map.scenes import bert, resnet


@pytest.mark.parametrize(
    ("paths", "drawn"),
    [
        (["layer1.0", "layer1.1", "layer1.2", "layer2.0"], ["layer1.0–2", "layer2.0"]),
        (["a.0.x", "a.1.x", "a.3.x"], ["a.0–1.x", "a.3.x"]),
        (["layer1.0", "layer2.0"], ["layer1.0", "layer2.0"]),
        (["a.9", "a.10", "a.11"], ["a.9–11"]),
        (["0.1", "1.1", "1.2"], ["0–1.1", "1.2"]),
        (["", "x"], ["", "x"]),
        ([], []),
    ],
)
def test_paths_that_count_up_are_drawn_together(paths, drawn):
    assert ranges(paths) == drawn


def places(scene):
    return {node.path: index for index, node in enumerate(scene.nodes) if node.kind == "module" and node.children}


def names(scene, found):
    return [label(scene, index) for index in found[0]], found[1]


def test_a_stage_stands_between_its_neighbours():
    scene = make_scene(resnet().report())
    where = places(scene)
    assert names(scene, beside(scene, where["layer2"], 0, forward=True)) == (["layer3"], False)
    assert names(scene, beside(scene, where["layer1"], 0, forward=False)) == (["maxpool"], False)


def test_what_follows_a_run_of_blocks_follows_each():
    scene = make_scene(resnet().report())
    where = places(scene)
    after, outside = beside(scene, where["layer3.2"], where["layer3"], forward=True)
    assert (after, outside) == ([], True), "the run is the last of its stage"
    assert names(scene, beside(scene, where["layer3.2"], 0, forward=True))[0] == ["layer4"]
    assert names(scene, beside(scene, where["layer3.0"], where["layer3"], forward=True)) == (["layer3.1"], False)


def test_what_comes_from_outside_is_said():
    scene = make_scene(bert().report())
    first = next(i for i, n in enumerate(scene.nodes) if n.path == "encoder.layer.0.attention" and n.children)
    parent = scene.nodes[first].parent
    _found, outside = beside(scene, first, parent, forward=False)
    assert outside
