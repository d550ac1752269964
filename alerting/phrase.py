"""Words of one kind of alarm in one language."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of one kind in one language.

    Attributes:
        what: is wrong, at level 1, 2, …
        limit: name of the limit crossed, at level 1, 2, …; "" where it has none.
        todo: first thing to do, one sentence or two.
    """

    what: tuple[str, ...]
    limit: tuple[str, ...]
    todo: str
