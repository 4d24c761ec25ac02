from evalkit.api import Leaderboard as Leaderboard
from evalkit.api import leaderboard as leaderboard
from evalkit.errors import EvalkitError as EvalkitError

__version__: str
__all__ = ["EvalkitError", "Leaderboard", "leaderboard"]
