from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from modelreport.identify.index import decode, encode, item_hash, load_index, prefix_variants
from tests.identify.libraries import shapes_of_known

Shapes = dict[str, tuple[int, ...]]


def best(shapes: Shapes) -> set[str]:
    found = load_index().nearest(shapes)
    return {str(c.architecture) for c in found if c.similarity == found[0].similarity} if found else set()


def test_an_exact_state_dict_is_found_with_its_ties() -> None:
    assert {"torchvision resnet50", "timm resnet50"} <= best(shapes_of_known("torchvision", "resnet50"))
    assert load_index().nearest(shapes_of_known("torchvision", "resnet50"))[0].similarity == 1


def test_prefixes_of_wrappers_do_not_hide_it() -> None:
    plain = shapes_of_known("timm", "convnext_atto")
    for prefix in ("module.", "_orig_mod.module.", "model.net."):
        found = load_index().nearest({f"{prefix}{n}": s for n, s in plain.items()} | {"loss.weight": (10,)})
        assert found[0].architecture.name == "convnext_atto"
        assert found[0].prefix == prefix


def test_another_head_stem_or_no_head_still_finds_it() -> None:
    plain = shapes_of_known("torchvision", "resnet34")
    assert "torchvision resnet34" in best({**plain, "fc.weight": (10, 512), "fc.bias": (10,)})
    assert "torchvision resnet34" in best({**plain, "conv1.weight": (64, 1, 7, 7)})
    assert "torchvision resnet34" in best({n: s for n, s in plain.items() if not n.startswith("fc.")})


def test_a_truncated_file_is_nearest_to_its_architecture_and_far_from_equal() -> None:
    plain = {n: s for n, s in shapes_of_known("torchvision", "resnet34").items() if not n.startswith("layer4")}
    found = load_index().nearest(plain)[0]
    assert found.architecture.name == "resnet34"
    assert found.matched == found.total
    assert found.similarity < 0.9


def test_unknown_and_empty_files_find_nothing() -> None:
    assert load_index().nearest({"my.own.layer.weight": (3, 5, 7)}) == ()
    assert load_index().nearest({}) == ()


def test_counters_are_no_evidence() -> None:
    plain = shapes_of_known("torchvision", "resnet18")
    old = {n: s for n, s in plain.items() if not n.endswith("num_batches_tracked")}
    assert load_index().nearest(old)[0].similarity == 1


def test_looking_up_imports_no_framework() -> None:
    code = (
        "import sys; from modelreport.identify.index import load_index; "
        "load_index().nearest({'fc.weight': (1000, 512)});"
        "print(sorted(m for m in ('torch', 'timm', 'torchvision', 'transformers') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


tensor_sets = st.dictionaries(
    st.text(min_size=1, max_size=8).filter(lambda n: "." not in n),
    st.lists(st.integers(0, 5), max_size=3).map(tuple),
    min_size=1,
    max_size=6,
)


@given(st.lists(tensor_sets, min_size=1, max_size=6))
def test_every_set_of_tensors_that_went_in_is_found_whole(models: list[Shapes]) -> None:
    rows = [("lib", f"m{i}", "lib.M", tensors) for i, tensors in enumerate(models)]
    data = encode({"lib": "1"}, rows)
    assert data == encode({"lib": "1"}, rows)
    index = decode(data)
    for i, tensors in enumerate(models):
        found = {c.architecture.name: c for c in index.nearest(tensors)}
        assert found[f"m{i}"].matched == len({item_hash(n, s) for n, s in tensors.items()})
        counts = index.score(tensors)
        for k, other in enumerate(models):
            assert counts[k] == len(set(tensors.items()) & set(other.items()))


def test_prefixes_are_tried_at_most_three_deep() -> None:
    found = [p for p, _ in prefix_variants({"a.b.c.d.e.weight": (1,), "a.b.c.d.e.bias": (1,)})]
    assert found == ["", "a.", "a.b.", "a.b.c."]
    assert [p for p, _ in prefix_variants({"a.x": (1,), "b.x": (1,), "c.x": (1,)})] == [""]
