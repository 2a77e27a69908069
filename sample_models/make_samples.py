"""Train the sample models on scikit-learn's digits and write them in every form, with broken and hostile files beside.

    python -m sample_models.make_samples

Writes into this folder. Seeds are fixed; the committed files came from this script.
"""

from __future__ import annotations

import pickle
import struct
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from torch import Tensor, nn

from sample_models.nets import DigitsCNN, DigitsLSTM, DigitsViT, digits_mlp

HERE = Path(__file__).parent
EPOCHS = 12


def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training and test images, 8×8 in 0–1, and their labels; every fifth image is for testing."""
    data = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(data.target)
    test = torch.arange(len(images)) % 5 == 0
    return images[~test], labels[~test], images[test], labels[test]


def train(model: nn.Module, *, rows: bool = False, epochs: int = EPOCHS) -> tuple[torch.optim.Optimizer, float]:
    """Train with AdamW; the optimizer and the accuracy on the test images."""
    x, y, test_x, test_y = digits()
    if rows:
        x, test_x = x[:, 0], test_x[:, 0]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    for _ in range(epochs):
        model.train()
        for batch in torch.randperm(len(x)).split(64):
            loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(test_x).argmax(1) == test_y).float().mean().item()
    print(
        f"{type(model).__name__:10} {sum(p.numel() for p in model.parameters()):7,} parameters, accuracy {accuracy:.3f}"
    )
    return optimizer, accuracy


def write_good() -> None:
    """Every form of the trained models."""
    cnn = DigitsCNN()
    optimizer, accuracy = train(cnn)
    torch.save(cnn.state_dict(), HERE / "digits_cnn.pth")
    torch.save(cnn, HERE / "digits_cnn_module.pt")
    torch.save(cnn.state_dict(), HERE / "digits_cnn_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(
        {
            "epoch": EPOCHS,
            "net": {f"module.{k}": v for k, v in cnn.state_dict().items()},
            "optim": optimizer.state_dict(),
            "best_accuracy": accuracy,
            "args": {"lr": 3e-3, "batch_size": 64, "data": "scikit-learn digits", "api_key": "sk-not-a-real-key"},
        },
        HERE / "digits_cnn_training.pt",
    )
    torch.onnx.export(
        cnn, (torch.zeros(1, 1, 8, 8),), HERE / "digits_cnn.onnx", dynamo=False, input_names=["image"],
        output_names=["logits"], dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
    )  # fmt: skip
    vit = DigitsViT()
    train(vit, epochs=25)
    save_file(vit.state_dict(), HERE / "digits_vit.safetensors", metadata={"format": "pt", "dataset": "digits"})
    lstm = DigitsLSTM()
    train(lstm, rows=True, epochs=25)
    torch.save(lstm.half().state_dict(), HERE / "digits_lstm_half.pth")
    mlp = digits_mlp()
    train(mlp)
    torch.save(mlp, HERE / "digits_mlp_module.pt")


class RunsOnLoad:
    """Unpickling this calls ``os.system``."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, ("echo this file ran a command > modelreport-canary.txt",)


def write_hostile() -> None:
    """Files that run a command when they are unpickled, and names that try to break a page."""
    weights = {"weight": torch.ones(2, 2), "hook": RunsOnLoad()}
    torch.save(weights, HERE / "hostile_runs_command.pth")
    names = {
        "</script><script>alert(1)</script>.weight": torch.eye(3),
        "\u202egnp.exe\u202c.bias": torch.ones(3),
        "__proto__.weight": torch.ones(2, 3),
        "a" * 5000: torch.ones(1),
        "| pipe ` tick <b>.weight": torch.ones(2),
    }
    torch.save(names, HERE / "hostile_names.pth")


def write_broken() -> None:
    """Files that must end in one clear line."""
    good = (HERE / "digits_cnn.pth").read_bytes()
    (HERE / "broken_truncated.pth").write_bytes(good[: len(good) // 8])
    (HERE / "broken_text.pth").write_text("<!DOCTYPE html><html><body>404: Not Found</body></html>\n")
    (HERE / "broken_empty.pth").write_bytes(b"")
    (HERE / "broken_header.safetensors").write_bytes(struct.pack("<Q", 1 << 60) + b'{"a":')
    lying = b'{"w":{"dtype":"F32","shape":[1000000],"data_offsets":[0,16]}}'
    (HERE / "broken_lying_size.safetensors").write_bytes(struct.pack("<Q", len(lying)) + lying + bytes(16))
    (HERE / "broken_lfs_pointer.bin").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 438000000\n"
    )
    with zipfile.ZipFile(HERE / "broken_not_a_model.zip", "w") as archive:
        archive.writestr("notes.txt", "no tensors here")
    nan = DigitsCNN()
    nan.load_state_dict(torch.load(HERE / "digits_cnn.pth", weights_only=True))
    state = nan.state_dict()
    state["layer2.0.conv1.weight"][3, 2] = float("nan")
    state["fc.weight"][1] = 0
    state["layer1.1.conv2.weight"] = state["layer1.0.conv2.weight"].clone()
    torch.save(state, HERE / "broken_weights.pth")
    (HERE / "broken_pickle.pkl").write_bytes(pickle.dumps({"weights": [1, 2, 3]}, 2))


def main() -> None:
    """Write all samples."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    write_good()
    write_hostile()
    write_broken()
    total = sum(p.stat().st_size for p in HERE.iterdir() if p.is_file())
    print(f"{total / 1e6:.2f} MB in all")


if __name__ == "__main__":
    main()
