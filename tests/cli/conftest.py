from collections.abc import Iterator

import pytest

from tests.zygote import Zygote, open_zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    with open_zygote() as opened:
        yield opened
