from __future__ import annotations

from modelreport.render.map import make_scene
from modelreport.render.map.layout import lay_out
from modelreport.render.map.picture import picture
from modelreport.render.map.shaping import Shapes, best_shaped, shallow

from .scenes import Network, nested, resnet, vit


def test_the_boxes_of_the_first_screen_are_the_two_outermost_levels():
    scene = make_scene(resnet().report())
    boxes = shallow(scene)
    assert boxes[0] == 0
    assert {scene.nodes[index].path for index in boxes[1:]} >= {"layer1", "layer4", "layer2.0"}


def test_later_shapes_go_before_earlier_ones():
    shapes = Shapes({1: 1.0, 2: 1.0}, {1: 1.5}).but(Shapes({2: 2.5}))
    assert (shapes.aspects, shapes.grown) == ({1: 1.0, 2: 2.5}, {1: 1.5})


def test_the_shapes_tried_last_are_not_kept_unless_they_are_better():
    scene = make_scene(resnet().report())
    usual = lay_out(scene).places
    tried: list[Shapes] = []

    def settle(shapes: Shapes):
        tried.append(shapes)
        return usual

    assert best_shaped(scene, shallow(scene), settle) is usual
    assert len(tried) > 3
    assert all(len(shapes.grown) == 0 or len(shapes.aspects) == 0 for shapes in tried), "one change at a time"


def test_many_boxes_are_shaped_as_usual():
    scene = make_scene(nested(70, 3, 6).report())
    boxes, usual = shallow(scene), lay_out(scene).places
    tried: list[Shapes] = []

    def settle(shapes: Shapes):
        tried.append(shapes)
        return usual

    assert len(boxes) > 60
    best_shaped(scene, boxes, settle)
    assert tried == [Shapes()]


def test_what_is_in_the_boxes_is_as_large_as_the_pane_allows():
    scene = make_scene(vit().report())
    made = picture(scene, lay_out(scene), 1000.0, 625.0)
    boxes = made.boxes[1:]
    wide = max(box.x + box.width for box in boxes) - min(box.x for box in boxes)
    high = max(box.y + box.height for box in boxes) - min(box.y for box in boxes)
    assert min(wide / 1000, high / 625) > 0.7
    blocks = [box for box in boxes if "Block" in scene.nodes[box.node].type and scene.nodes[box.node].kind == "module"]
    assert len(blocks) >= 12


def test_repeats_among_operations_leave_room_for_the_words_of_these():
    net, shape = Network("decoder"), (1, 8, 64)
    x = net.input("x", *shape)
    with net.module("", "Net"):
        with net.module("body", "Body"):
            for kind in ("exp", "tanh", "mul", "sigmoid", "relu", "cat", "neg"):
                x = net.run(kind, "arithmetic", shape, x)
            for number in range(12):
                with net.module(f"body.layers.{number}", "Layer"):
                    for kind in ("linear", "relu", "linear", "dropout", "add", "layer_norm") * 2:
                        x = net.run(kind, "linear", shape, x)
        net.output(x)
    scene = make_scene(net.report())
    made = picture(scene, lay_out(scene), 920.0, 575.0)
    body = next(index for index, node in enumerate(scene.nodes) if node.path == "body")
    cards = [box for box in made.boxes if scene.nodes[box.node].parent == body and not scene.nodes[box.node].children]
    told = {(round(label.x), round(label.y)) for label in made.labels if label.text}
    worded = [box for box in cards if (round(box.x + box.width / 2), round(box.y + box.height / 2)) in told]
    assert len(cards) == 7
    assert len(worded) >= 6
