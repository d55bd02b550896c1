"""The bundled weights in 8 bits through onnxruntime."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from generation.encoders import onnx_export, registry
from generation.encoders.onnx import OnnxEncoder
from generation.encoders.sentence import SentenceEncoder
from storefront_studio.lib.errors import Misconfigured

TEXTS = ["rava idli mix", "electric kettle 1.7 l", "", "Toner cartridge, black. Xerox. Office > Printing > Toner"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    return OnnxEncoder(tmp_path_factory.mktemp("cache"))


def test_vectors_are_float32_rows_of_length_one_near_to_the_full_models(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimensions) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors * SentenceEncoder().encode(TEXTS)).sum(axis=1).min() > 0.98


def test_the_name_differs_so_that_the_two_are_never_compared(encoder: OnnxEncoder) -> None:
    assert encoder.name != SentenceEncoder().name


def test_no_text_gives_no_rows(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_the_model_is_exported_once_and_nothing_is_left_beside_it(encoder: OnnxEncoder) -> None:
    encoder.encode(["tea"])
    (file,) = encoder.folder.iterdir()
    written = file.stat().st_mtime_ns
    assert onnx_export.ensure(encoder.folder) == file and file.stat().st_mtime_ns == written


def test_with_the_exported_file_neither_torch_nor_transformers_is_imported(encoder: OnnxEncoder) -> None:
    encoder.encode(["tea"])
    code = (
        "import sys; from pathlib import Path; from generation.encoders.onnx import OnnxEncoder;"
        "OnnxEncoder(Path(sys.argv[1])).encode(['tea']);"
        "sys.exit(bool({'torch', 'transformers', 'onnx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(encoder.folder)], check=False).returncode == 0


def test_what_a_killed_export_left_is_removed_by_a_later_one(tmp_path: Path) -> None:
    import os

    old, fresh = tmp_path / "onnx-old.part", tmp_path / "onnx-fresh.part"
    for left in (old, fresh):
        left.mkdir()
        (left / "full.onnx").write_bytes(b"half")
    os.utime(old, (0, 0))
    onnx_export.tidy(tmp_path)
    assert not old.exists() and fresh.exists()


def test_a_missing_package_is_named_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str) -> str:
        if name == "onnxruntime":
            raise metadata.PackageNotFoundError(name)
        return metadata.version(name)

    monkeypatch.setattr(onnx_export, "version", without)
    with pytest.raises(Misconfigured, match=r"onnxruntime.*requirements/onnx\.lock.*ENCODER=sentence"):
        OnnxEncoder(tmp_path).encode(["tea"])


def test_a_folder_that_cannot_be_written_is_a_clear_sentence(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("a file, where the folder should be", encoding="utf-8")
    with pytest.raises(Misconfigured, match="could not be exported"):
        OnnxEncoder(place).encode(["tea"])


@pytest.mark.parametrize(
    ("setting", "name"), [("sentence", "all-MiniLM-L6-v2"), ("onnx-int8", "all-MiniLM-L6-v2-int8")]
)
def test_a_setting_chooses_the_encoder(setting: str, name: str, tmp_path: Path) -> None:
    assert registry.build(setting, tmp_path).name == name


def test_an_unknown_encoder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="'word2vec'"):
        registry.build("word2vec", tmp_path)
