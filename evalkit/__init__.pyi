from evalkit.api.leaderboard import Leaderboard as Leaderboard
from evalkit.api.leaderboard import leaderboard as leaderboard
from evalkit.errors import EvalkitError as EvalkitError

__version__: str
__all__ = ["EvalkitError", "Leaderboard", "leaderboard"]
