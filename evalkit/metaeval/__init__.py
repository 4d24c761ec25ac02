"""Measures judges against people's labels: meta-evaluation."""

import lazy_loader

# the names of the stub beside this file, each loaded when it is first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
