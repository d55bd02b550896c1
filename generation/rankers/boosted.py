"""LambdaMART (Burges, MSR-TR-2010-82) by LightGBM: trees that learn the order of a list from what was taken of it."""

import ctypes
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storefront_studio.lib.errors import StudioError

Floats = NDArray[np.float64]

SETTINGS: dict[str, Any] = {
    "objective": "lambdarank",
    "metric": "ndcg",
    "eval_at": [10],
    "learning_rate": 0.06,
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 2.0,
    "lambdarank_truncation_level": 20,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}
ROUNDS = 300
PATIENCE = 30


def _lightgbm() -> Any:
    """The library, on the OpenMP runtime that PyTorch brings: LightGBM's wheel has none, a bare machine may not have
    one either, and two in a process get in each other's way. Raises StudioError where it cannot be loaded."""
    torch = importlib.util.find_spec("torch")
    beside = Path(torch.origin).parent / "lib" / "libgomp.so.1" if torch and torch.origin else None
    try:
        if beside is not None and beside.is_file():
            ctypes.CDLL(str(beside), mode=ctypes.RTLD_GLOBAL)
        import lightgbm  # here, so that only who ranks by it loads it
    except (ImportError, OSError) as error:
        raise StudioError(
            f"LightGBM cannot be loaded ({error}). Install the system's OpenMP runtime (libgomp1), or take a ranker of "
            "another kind."
        ) from None
    return lightgbm


def _threads(rows: int) -> int:
    """On few rows threads wait for each other longer than they work."""
    return 2 if rows > 50_000 else 1


class Boosted:
    """A trained LambdaMART: scores rows of features (n, features), higher is better; comparable within a list only."""

    def __init__(self, booster: Any, names: Sequence[str]) -> None:
        self._booster = booster
        self.names = tuple(names)

    @classmethod
    def fit(
        cls,
        features: Floats,
        labels: NDArray[np.int64],
        lists: NDArray[np.int64],
        names: Sequence[str],
        held_out: tuple[Floats, NDArray[np.int64], NDArray[np.int64]] | None = None,
        seed: int = 7,
        rounds: int = ROUNDS,
    ) -> "Boosted":
        """Trees for `features` (n, f) with grades `labels` (n,) of lists of lengths `lists`; a grade is its gain.

        With `held_out` (the same three) it stops when that has not gained for `PATIENCE` rounds.
        """
        lightgbm = _lightgbm()
        grades = int(max(labels.max(initial=1), 1))
        leaf = min(max(len(labels) // 100, 5), SETTINGS["min_data_in_leaf"])  # a short log still gets trees
        settings = {
            **SETTINGS,
            "seed": seed,
            "label_gain": list(range(grades + 1)),
            "min_data_in_leaf": leaf,
            "num_threads": _threads(len(labels)),
        }
        data = lightgbm.Dataset(features, labels, group=lists, feature_name=list(names), free_raw_data=True)
        held, stop = [], []
        if held_out is not None:
            held = [lightgbm.Dataset(held_out[0], np.minimum(held_out[1], grades), group=held_out[2], reference=data)]
            stop = [lightgbm.early_stopping(PATIENCE, verbose=False)]
        booster = lightgbm.train(settings, data, num_boost_round=rounds, valid_sets=held, callbacks=stop)
        return cls(booster, names)

    @classmethod
    def read(cls, text: str, names: Sequence[str]) -> "Boosted":
        """From what `text()` gave."""
        return cls(_lightgbm().Booster(model_str=text), names)

    def text(self) -> str:
        return str(self._booster.model_to_string(num_iteration=self._booster.best_iteration or None))

    @property
    def trees(self) -> int:
        return int(self._booster.best_iteration or self._booster.num_trees())

    def score(self, features: Floats) -> Floats:
        return np.asarray(self._booster.predict(features, num_threads=_threads(len(features))), dtype=np.float64)

    def contributions(self, features: Floats) -> Floats:
        """What each feature adds to each score (n, f + 1), the last column what all rows begin with; a row sums to its
        score. TreeSHAP (Lundberg and Lee, NIPS 2017), as LightGBM computes it."""
        return np.asarray(self._booster.predict(features, pred_contrib=True, num_threads=1), dtype=np.float64)

    def importance(self) -> dict[str, float]:
        """Each feature's share of what all splits gained."""
        gains = np.asarray(self._booster.feature_importance(importance_type="gain"), dtype=np.float64)
        total = float(gains.sum()) or 1.0
        return {name: round(float(gain) / total, 4) for name, gain in zip(self.names, gains, strict=True)}
