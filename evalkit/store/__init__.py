"""The store of everything that was paid for: raw replies by all that decided them, failures, and open claims.

Verdicts are not stored; they are read anew from the raw replies, so a changed parser re-reads without a request.
"""

import lazy_loader

# the names of the stub beside this file, each loaded when it is first used
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
