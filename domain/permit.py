"""A device under work: what a detector reads meanwhile is calibration; a valve is not closed from afar."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permit:
    """A work permit of one device; one without an end does not exist.

    Attributes:
        number: of the permit.
        user: who put the device under it.
        measure: what protects the place meanwhile, in the person's words.
        from_ns: wall clock.
        until_ns: its end, which may be brought forward.
    """

    device: str
    number: str
    user: str
    measure: str
    from_ns: int
    until_ns: int

    def covers(self, time_ns: int) -> bool:
        """Tell whether the device was under work at a time.

        Example:
            >>> permit = Permit("GD-1", "W-7", "li", "portable detector", from_ns=10, until_ns=20)
            >>> [permit.covers(time_ns) for time_ns in (9, 10, 19, 20)]
            [False, True, True, False]
        """
        return self.from_ns <= time_ns < self.until_ns
