"""YAML that remembers on which line everything stands, and takes no key twice."""

from collections.abc import Iterator, Sequence

import yaml

from domain.errors import ConfigurationError

Path = Sequence[str | int]
_TEXT_TAG = "tag:yaml.org,2002:str"


class Document:
    r"""A parsed YAML file.

    Args:
        text: of the file.
        name: of the file, for messages.

    Attributes:
        data: plain Python objects.

    Raises:
        ConfigurationError: it is not YAML, has a key twice, or a key that YAML reads as something else than text.

    Example:
        >>> document = Document("events:\n- kind: leak\n  hole_mm: -1\n", "demo.yaml")
        >>> document.where(("events", 0, "hole_mm"))
        'demo.yaml:3: events[0].hole_mm'
    """

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        try:
            loader = yaml.SafeLoader(text)
            self._root = loader.get_single_node()
            problems = [] if self._root is None else list(self._key_problems(self._root, set()))
            if problems:
                raise ConfigurationError(*problems)
            self.data: object = None if self._root is None else loader.construct_document(self._root)
        except yaml.MarkedYAMLError as error:
            line = 1 if error.problem_mark is None else error.problem_mark.line + 1
            raise ConfigurationError(f"{name}:{line}: not YAML: {error.problem}") from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise ConfigurationError(f"{name}:{line}: not YAML: {error.reason}") from None

    def _key_problems(self, node: yaml.Node, seen: set[int]) -> Iterator[str]:
        if id(node) in seen:  # an alias
            return
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from self._key_problems(item, seen)
        elif isinstance(node, yaml.MappingNode):
            yield from self._mapping_problems(node)
            for _, value in node.value:
                yield from self._key_problems(value, seen)

    def _mapping_problems(self, node: yaml.MappingNode) -> Iterator[str]:
        keys: set[str] = set()
        for key, _ in node.value:
            where = f"{self._name}:{key.start_mark.line + 1}: {key.value}"
            if key.tag != _TEXT_TAG:
                yield f"{where}: YAML does not read this key as text; expected a name, or quote it"
            elif key.value in keys:
                yield f"{where}: stands there twice; expected once"
            keys.add(str(key.value))

    def where(self, path: Path) -> str:
        """Tell file, line and path of an entry; of a missing entry the line of what should hold it."""
        return f"{self._name}:{self._line(path)}: {_shown(path) or 'file'}"

    def _line(self, path: Path) -> int:
        node, line = self._root, 1
        for part in path:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
            elif isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == part), None)
                if found is not None:
                    line, node = found[0].start_mark.line + 1, found[1]
        return line


def _shown(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
