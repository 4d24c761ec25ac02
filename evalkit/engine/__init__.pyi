from .estimate import Forecast, forecast
from .limits import Limits
from .progress import Journal, Progress, Watcher, unwatched, unwritten
from .runner import run_all
from .task import Pending, Posed

__all__ = [
    "Forecast",
    "Journal",
    "Limits",
    "Pending",
    "Posed",
    "Progress",
    "Watcher",
    "forecast",
    "run_all",
    "unwatched",
    "unwritten",
]
