"""Read a network from whatever file it stands in."""

import zipfile
from pathlib import Path

from domain.errors import ConfigurationError
from domain.network import parse_network
from domain.strictjson import decode_object
from simulator.loaders.gaslib import load_gaslib, load_gaslib_archive
from simulator.loaders.gaslib_json import is_gaslib_json, load_gaslib_json
from simulator.loaders.loaded import Loaded, checked
from simulator.loaders.matgas import load_matgas
from simulator.loaders.pandapipes import is_pandapipes, load_pandapipes
from simulator.loaders.stanet import is_export, load_export

_XML = {".net", ".xml"}


def _archived(path: Path) -> Loaded:
    try:
        with zipfile.ZipFile(path) as archive:
            return load_gaslib_json(path, archive) if is_gaslib_json(archive) else load_gaslib_archive(path, archive)
    except zipfile.BadZipFile:
        raise ConfigurationError(f"{path}: is no zip archive") from None


def load_network(path: Path) -> Loaded:
    """Read our own ``network.json``, pandapipes JSON, an export with CSV tables, a ``.m`` file, or GasLib XML.

    Raises:
        ConfigurationError: it cannot be read, or is wrong, in one line for each problem.
    """
    try:
        if path.suffix == ".zip":
            return checked(_archived(path), path.name)
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
