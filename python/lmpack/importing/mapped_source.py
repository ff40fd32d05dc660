"""A FloatSource whose tensors are made of stored ones by recipes."""

from __future__ import annotations

import abc
import functools
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lmpack.errors import BundleError
from lmpack.importing.recipes import Recipe
from lmpack.importing.source import Floats, FloatShape, FloatSource, SourceTokens
from lmpack.importing.tensor_shapes import Shape


class MappedSource(FloatSource):
    """What the readers of all formats share.

    Args:
        shape: the description.
        tokens: the vocabulary.
        recipes: how each tensor is made.
        stored: the shapes of all tensors that the files hold, by their stored names.
        ignored: stored names that mean nothing to a language model.

    Raises:
        BundleError: a tensor is missing, has another shape than the description says, or is one
            that such a model does not have.
    """

    def __init__(
        self,
        shape: FloatShape,
        tokens: SourceTokens,
        recipes: Mapping[str, Recipe],
        stored: Mapping[str, Shape],
        ignored: Iterable[str] = (),
    ) -> None:
        self.shape = shape
        self.tokens = tokens
        self._recipes = recipes
        for recipe in recipes.values():
            if recipe.stored not in stored:
                raise BundleError(f"the tensor {recipe.stored} is missing")
            if stored[recipe.stored] != recipe.shape:
                raise BundleError(
                    f"the tensor {recipe.stored} has the shape {list(stored[recipe.stored])}, but "
                    f"{list(recipe.shape)} is what the model's description says"
                )
        used = {recipe.stored for recipe in recipes.values()}
        extra = sorted(stored.keys() - used - set(ignored))
        if extra:
            raise BundleError(
                f"a {shape.family} model has no tensor {extra[0]}: this is a model of another kind"
            )

    def names(self) -> list[str]:
        """Canonical names of all tensors."""
        return list(self._recipes)

    def tensor(self, name: str) -> Floats:
        """A tensor by its canonical name, as float32; nothing of it is kept.

        Raises:
            BundleError: there is none of that name, it cannot be read, or a value is not finite.
        """
        if name not in self._recipes:
            raise BundleError(f"a {self.shape.family} model has no tensor {name}")
        recipe = self._recipes[name]
        tensor = recipe.apply(self.read(recipe.stored))
        # The smallest and the largest tell of any nan or infinity, and take no memory.
        if not np.isfinite(tensor.min()) or not np.isfinite(tensor.max()):
            raise BundleError(f"the tensor {recipe.stored} has values that are not finite")
        return tensor

    @functools.cached_property
    def facts(self) -> Mapping[str, Any]:
        """For the manifest; the files are read in whole for their SHA-256."""
        return {
            **self.description(),
            "files": {path.name: _sha256(path) for path in self.files()},
        }

    @abc.abstractmethod
    def read(self, stored: str) -> Floats:
        """A stored tensor as float32, by its stored name, which is one of those that there are.

        Raises:
            BundleError: it cannot be read.
        """

    @abc.abstractmethod
    def description(self) -> dict[str, Any]:
        """What the source says of itself: name, format, licence."""

    @abc.abstractmethod
    def files(self) -> list[Path]:
        """The files that it consists of."""


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror or error}") from error
