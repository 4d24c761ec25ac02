from .agreement import agreement_plot
from .figures import PLOTS, plots_of
from .plot import Plot

__all__ = [
    "PLOTS",
    "Plot",
    "agreement_plot",
    "plots_of",
]
