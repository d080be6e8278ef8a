"""The worked examples in the docstrings of what reports and findings are made of."""

import doctest
import importlib
import pkgutil

import pytest

from autocode import findings, report

MODULES = [f"{part.__name__}.{info.name}" for part in (findings, report)
           for info in pkgutil.iter_modules(part.__path__)]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
