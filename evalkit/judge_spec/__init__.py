"""The definition of a judge: its settings, its prompt, and the parsing of its replies."""

import lazy_loader

# the names of the stub beside this file, each loaded when it is first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
