"""The program lmpack with the fake models, for tests that need a process of their own."""

from __future__ import annotations

from fake_models import FakeModels

from lmpack.cli.main import main

if __name__ == "__main__":
    FakeModels().install(setattr)
    main()
