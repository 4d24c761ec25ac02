"""Reads verdicts from files, folders, tables and the store, and writes them out of it again."""

import lazy_loader

# the names of the stub beside this file, each loaded when it is first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
