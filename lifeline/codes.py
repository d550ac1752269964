"""Codes that the records carry: places by GB/T 2260, organisations by GB/T 4657.

Both tables are small on purpose: what a connector of Dali needs. A code that is not in them is right when its form is;
only its name is then unknown.
"""

from collections.abc import Mapping

_PROVINCES = (range(11, 16), range(21, 24), range(31, 38), range(41, 47), range(50, 55), range(61, 66), (71, 81, 82))
PROVINCES = frozenset(str(number) for region in _PROVINCES for number in region)
"""First two digits of GB/T 2260."""

PLACES: Mapping[str, str] = {
    "530000": "云南省",
    "532900": "大理白族自治州",
    "532901": "大理市",
    "532922": "漾濞彝族自治县",
    "532923": "祥云县",
    "532924": "宾川县",
    "532925": "弥渡县",
    "532926": "南涧彝族自治县",
    "532927": "巍山彝族回族自治县",
    "532928": "永平县",
    "532929": "云龙县",
    "532930": "洱源县",
    "532931": "剑川县",
    "532932": "鹤庆县",
}
"""Dali and its neighbours; 532901 was read in a source, the others were not held against the standard."""

ORGANISATIONS: Mapping[str, str] = {
    "333": "住房和城乡建设部",
    "416": "中国气象局",
}
"""Of GB/T 4657, from memory: hold the sector code against the standard before a warning is published under it."""


def is_place(code: str) -> bool:
    """Tell whether a code can be one of GB/T 2260.

    Example:
        >>> is_place("532901"), is_place("992901"), is_place("53290")
        (True, False, False)
    """
    return len(code) == 6 and code.isascii() and code.isdigit() and code[:2] in PROVINCES  # noqa: PLR2004 - its length


def is_organisation(code: str) -> bool:
    """Tell whether a code can be one of GB/T 4657: three digits, of which the first names a group, 1 to 7.

    Example:
        >>> is_organisation("333"), is_organisation("833"), is_organisation("33")
        (True, False, False)
    """
    return len(code) == 3 and code.isascii() and code.isdigit() and "1" <= code[0] <= "7"  # noqa: PLR2004
