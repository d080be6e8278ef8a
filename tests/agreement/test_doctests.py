"""The worked examples in the docstrings."""

import doctest
import importlib
import pkgutil

import pytest

from autocode import agreement

MODULES = [info.name for info in pkgutil.iter_modules(agreement.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(f"autocode.agreement.{name}")).failed == 0


def test_every_public_name_exists_and_has_a_docstring():
    for name in agreement.__all__:
        assert getattr(agreement, name).__doc__
