"""Fixtures for conftest.py files: numbers that nobody has, nor takes while the test runs."""

import pytest

from . import processes


@pytest.fixture
def free_display():
    slot = processes.claim_display()
    yield slot.number
    slot.release()


@pytest.fixture
def first_free_display():
    """The nine after it are free, too."""
    slot = processes.claim_displays()
    yield slot.number
    slot.release()


@pytest.fixture
def port():
    slot = processes.claim_port()
    yield slot.number
    slot.release()
