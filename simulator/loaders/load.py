"""Read a network from whatever file it stands in."""

from pathlib import Path

from domain.errors import ConfigurationError
from domain.network import parse_network
from domain.strictjson import decode_object
from simulator.loaders.gaslib import load_gaslib
from simulator.loaders.loaded import Loaded, checked
from simulator.loaders.matgas import load_matgas
from simulator.loaders.pandapipes import is_pandapipes, load_pandapipes
from simulator.loaders.stanet import is_export, load_export

_XML = {".net", ".xml", ".zip"}


def load_network(path: Path) -> Loaded:
    """Read our own ``network.json``, pandapipes JSON, an export with CSV tables, a ``.m`` file, or GasLib XML.

    Raises:
        ConfigurationError: it cannot be read, or is wrong, in one line for each problem.
    """
    try:
        if path.suffix in _XML:
            return checked(load_gaslib(path), path.name)
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is no text in UTF-8; expected JSON, .m, or GasLib XML") from None
    if path.suffix == ".m":
        return checked(load_matgas(path, text), path.name)
    data = decode_object(text, path.name)
    if is_pandapipes(data):
        return checked(load_pandapipes(path, data), path.name)
    if is_export(data):
        return checked(load_export(path, data), path.name)
    return Loaded(parse_network(text, path.name))
