from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.support import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path / "data")
    yield plant
    plant.close()
