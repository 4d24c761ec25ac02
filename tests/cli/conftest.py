import pytest

from tests.cli.running import shared_zygote
from tests.zygote import Zygote


@pytest.fixture(scope="session")
def zygote() -> Zygote:
    return shared_zygote()
