"""The trial of a judge whose replies nobody has read yet: a few requests, until a reply can be read."""

from dataclasses import dataclass

from evalkit.text import shortened

# the requests under way at once, and the requests without a verdict after which no further request is sent
AT_ONCE = 4
MOST_FRUITLESS = 12
_SHOWN, _SHOWN_END = 240, 120


@dataclass(slots=True)
class Trial:
    """The trial of one name, shared by all tasks that ask under it.

    It is `over` with the first readable reply, and for tasks that need none. Too many requests that bring no readable
    reply end it as well: they stop those tasks, or where `lenient` let them go on.
    """

    name: str
    over: bool = False
    lenient: bool = False
    stopped: str | None = None
    _under_way: int = 0
    _fruitless: int = 0

    @property
    def may_send(self) -> bool:
        """True if another request may leave now."""
        if self.stopped is not None:
            return False
        return self.over or (self._under_way < AT_ONCE and self._under_way + self._fruitless < MOST_FRUITLESS)

    def sent(self) -> None:
        """Note that a request leaves."""
        self._under_way += 1

    def returned(self) -> None:
        """Note that a request is no longer under way."""
        self._under_way -= 1

    def passed(self) -> None:
        """Note that a reply can be read."""
        self.over = True

    def unread(self, text: str, why: str) -> None:
        """Note that a reply with this text cannot be read."""
        self._note(f"The last reply reads {shortened(text, _SHOWN, end=_SHOWN_END)!r}: {why}")

    def unanswered(self, why: str) -> None:
        """Note that a request brought no reply to read, though the endpoint answered."""
        self._note(f"The last answer: {why}")

    def _note(self, last: str) -> None:
        self._fruitless += 1
        if self.over or self._fruitless < MOST_FRUITLESS:
            return
        if self.lenient:
            self.over = True
        else:
            none = f"none of its first {self._fruitless} requests brought a verdict"
            # what follows ends the sentence
            self.stopped = f"{self.name}: {none}. {last.rstrip('.')}"
