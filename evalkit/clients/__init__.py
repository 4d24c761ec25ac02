"""Clients that answer a judge's questions, each behind the one-method protocol `evalkit.types.Client`."""

import lazy_loader

# the names of the stub beside this file, each loaded when it is first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
