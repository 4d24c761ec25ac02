"""What a judge is: its settings, its prompt, and how its replies are read."""

import lazy_loader

# the names of the stub beside this file, each loaded when it is first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
