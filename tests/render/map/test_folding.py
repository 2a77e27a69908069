from __future__ import annotations

import time
from itertools import pairwise

import msgspec

from modelreport.render.map import make_scene
from modelreport.render.map.folding import MAX_CHILDREN

from .scenes import Network, bert, dense, flat, nested, resnet


def test_three_or_more_identical_blocks_in_a_row_are_boxed_with_their_number():
    scene = make_scene(resnet().report())
    groups = {(node.path, node.name): node.repeat for node in scene.nodes if node.kind == "group"}
    assert groups == {("layer2", "1…3"): 3, ("layer3", "1…5"): 5}


def test_a_module_that_holds_only_identical_blocks_carries_the_number_itself():
    scene = make_scene(bert().report())
    encoder = next(node for node in scene.nodes if node.path == "encoder")
    assert (encoder.kind, encoder.repeat) == ("module", 12)


def test_blocks_of_different_sizes_are_not_said_to_repeat():
    assert not any(node.repeat for node in make_scene(dense(8).report()).nodes)


def test_blocks_wired_differently_are_not_said_to_repeat():
    net = Network("wired")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        for number in range(4):
            with net.module(f"block{number}", "Block"):
                a = net.run("relu", "activation", (1, 4), x)
                b = net.run("tanh", "activation", (1, 4), a)
                x = net.run("add", "arithmetic", (1, 4), b, a if number == 2 else x)
    net.output(x)
    assert not any(node.repeat for node in make_scene(net.report()).nodes)


def test_a_box_whose_only_child_is_a_box_becomes_one_with_it():
    net = Network("chain")
    x = net.input("x", 1, 4)
    with net.module("", "Net"), net.module("a", "Outer"), net.module("a.b", "Middle"), net.module("a.b.c", "Inner"):
        x = net.run("relu", "activation", (1, 4), x)
        x = net.run("tanh", "activation", (1, 4), x)
    net.output(x)
    scene = make_scene(net.report())
    boxes = [(node.name, node.type) for node in scene.nodes if node.children][1:]
    assert boxes == [("a.b.c", "Inner")]


def test_no_box_is_crowded_and_nothing_is_lost_when_long_lists_are_cut():
    scene = make_scene(flat(5000).report())
    assert max(len(node.children) for node in scene.nodes) <= MAX_CHILDREN + 2
    assert sum(node.operation >= 0 for node in scene.nodes) == 5000
    ranges = [node.name.split("–") for node in scene.nodes if node.kind == "segment" and node.parent == 0]
    assert ranges[0][0] == "1"
    assert ranges[-1][1] == "5000"
    assert all(int(b[0]) == int(a[1]) + 1 for a, b in pairwise(ranges))


def test_fifty_thousand_operations_become_a_scene_in_seconds():
    for network in (flat(50_000), nested()):
        report = network.report()
        start = time.process_time()
        scene = make_scene(report)
        assert time.process_time() - start < 30  # one second where it was written; minutes if it were quadratic
        assert sum(node.operation >= 0 for node in scene.nodes) == len(network.operations)


def test_what_a_pass_says_repeats_is_boxed_whatever_its_classes_are_called():
    from modelreport.trace.repeats import fold_calls

    net = Network("kinds")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        for number in range(4):
            with net.module(f"block{number}", "Block" if number % 2 else "Layer"):
                x = net.run("relu", "activation", (1, 4), x)
                x = net.run("tanh", "activation", (1, 4), x)
        x = net.run("relu", "activation", (1, 4), x)
    net.output(x)
    report = net.report()
    calls, repeats = fold_calls(report.trace.calls, report.trace.operations)
    report = msgspec.structs.replace(report, trace=msgspec.structs.replace(report.trace, calls=calls, repeats=repeats))
    groups = [node.repeat for node in make_scene(report).nodes if node.kind == "group"]
    assert groups == [len(repeat.calls) for repeat in repeats] == [4]


def test_blocks_that_take_turns_are_boxed_together():
    net = Network("turns")
    x = net.input("x", 1, 4)
    with net.module("", "Net"):
        for number in range(6):
            with net.module(f"block{number}", "Routed" if number % 2 else "Dense"):
                x = net.run("relu" if number % 2 else "gelu", "activation", (1, 4), x)
                x = net.run("tanh", "activation", (1, 4), x)
        x = net.run("relu", "activation", (1, 4), x)
    net.output(x)
    (group,) = [node for node in make_scene(net.report()).nodes if node.kind == "group"]
    assert (group.repeat, len(group.children), group.type) == (3, 6, "Dense, Routed")
