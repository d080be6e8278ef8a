"""The worked examples in the docstrings."""

import doctest
import importlib
import pkgutil

import pytest

from autocode import reliability

MODULES = [info.name for info in pkgutil.iter_modules(reliability.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(f"autocode.reliability.{name}")).failed == 0
