"""Which rows each detector has not seen yet."""

from collections.abc import Iterable, Iterator

from domain.batch import Batch, joined


class Unseen:
    """Keeps rows until every detector has seen them, so that those who wait see many at once.

    Example:
        >>> from detectors.series import series
        >>> unseen = Unseen()
        >>> unseen.add(series(0, [1], [5.0]))
        >>> [names for _, names in unseen.take(["hasty"])]
        [['hasty']]
        >>> unseen.add(series(0, [2], [6.0]))
        >>> [(batch.value.tolist(), names) for batch, names in unseen.take(["hasty", "patient"])]
        [([5.0, 6.0], ['patient']), ([6.0], ['hasty'])]
    """

    def __init__(self) -> None:
        self._batches: list[Batch] = []
        self._seen: dict[str, int] = {}

    def add(self, batch: Batch) -> None:
        self._batches.append(batch)

    def take(self, names: Iterable[str]) -> Iterator[tuple[Batch, list[str]]]:
        """Give what these have not seen, once for all who miss the same."""
        groups: dict[int, list[str]] = {}
        for name in names:
            groups.setdefault(self._seen.get(name, 0), []).append(name)
        for seen, group in sorted(groups.items()):
            if seen < len(self._batches):
                self._seen |= dict.fromkeys(group, len(self._batches))
                yield joined(self._batches[seen:]), group

    def clear(self) -> None:
        """Forget what all have seen."""
        self._batches.clear()
        self._seen.clear()
