from __future__ import annotations

import subprocess
import sys

from modelreport.identify.families import PATH, Family, decode, encode, load_families
from modelreport.identify.relations import fold


def family(name: str, keys: list[str]) -> Family:
    return Family(type=name, module=f"transformers.models.{name}", keys=[[k, [["=", "x", 1, 1, 0]]] for k in keys])


def test_every_family_that_went_in_is_found_by_its_names() -> None:
    one, two = family("one", ["layers.#.a", "b"]), family("two", ["layers.#.a", "c", "d"])
    data = encode({"transformers": "5"}, [one, two])
    assert data == encode({"transformers": "5"}, [one, two])
    index = decode(data)
    assert (index.names, index.versions) == (("one", "two"), {"transformers": "5"})
    assert index.score(["layers.#.a", "c"]).tolist() == [1, 2]
    assert index.score(["nothing"]).tolist() == [0, 0]
    assert [index.family(0), index.family(1)] == [one, two]


def test_the_shipped_index_has_the_families_that_people_use() -> None:
    index = load_families()
    assert {"bert", "roberta", "gpt2", "llama", "t5", "clip", "whisper", "vit", "wav2vec2", "mixtral"} <= set(
        index.names
    )
    assert index.versions["transformers"]
    llama = index.family(index.names.index("llama"))
    forms = {fold(key): form for key, form in llama.keys}
    assert forms["layers.#.mlp.up_proj.weight"] == [["=", "intermediate_size", 1, 1, 0], ["=", "hidden_size", 1, 1, 0]]
    assert forms["layers.#.self_attn.k_proj.weight"][0] == ["*", 1, 1, "num_key_value_heads", "head_dim"]
    assert ["num_hidden_layers", "layers", 1, 1, 0] in llama.counts


def test_looking_up_imports_no_framework() -> None:
    code = (
        "import sys; from modelreport.identify.bare import candidates; "
        "candidates({'model.layers.0.mlp.up_proj.weight': (8, 4)});"
        "print(sorted(m for m in ('torch', 'timm', 'torchvision', 'transformers') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_file_is_small() -> None:
    assert PATH.stat().st_size < 700_000
