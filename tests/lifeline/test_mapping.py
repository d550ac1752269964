from pathlib import Path

import msgspec
import pytest

from domain.errors import ConfigurationError
from domain.parcel import Parcel
from lifeline.framing import KINDS as COMPONENTS
from lifeline.framing import SAID
from lifeline.mapping import CITIES, load_mapping, parse_mapping, shipped, township_problems
from lifeline.records import KINDS
from lifeline.samples import sample
from lifeline.shape import NoCode, Shaper

HEAD = 'name = "n"\ntransport = "https"\n[answers]\ncode = "code"\naccepted = [0]\n'
TYPES = "".join(f"{kind} = 1\n" for kind in COMPONENTS)
FRAME = f'name = "n"\ntransport = "gb26875"\n[frame.components]\n{TYPES}[frame]\nsystem = 1\n'
ALARM = '[records.alarm]\npath = "/a"\n[records.alarm.fields]\n'


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_mapping_writes_every_record(name: str) -> None:
    mapping = load_mapping(CITIES / f"{name}.toml")
    if mapping.frame is not None:
        assert tuple(mapping.records) == SAID
        return
    assert set(mapping.records) == set(KINDS)
    for kind in mapping.records:
        assert Shaper(mapping).of(kind, sample(kind, mapping.crs))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name = ", "not TOML"),
        (HEAD + ALARM + 'x = "alarmid"', r"records.alarm.fields.x: from 'alarmid': alarm has no such field; expected"),
        (HEAD + ALARM + 'x = { from = "state", values = { new = 1 } }', "lacks ack, handling, cleared, closed, false"),
        (HEAD + ALARM + 'x = { from = "state", values = { old = 1 }, otherwise = 0 }', "old never occur"),
        (HEAD + ALARM + 'x = { from = "state", constant = 1 }', "either from or constant"),
        (HEAD + ALARM + 'a = "id"\n"a.b" = "id"', "records.alarm.fields.a: is a value, and an object by a.b"),
        (HEAD + ALARM + '"a..b" = "id"', "records.alarm.fields.'a..b': has an empty part"),
        (HEAD + ALARM + '"" = "id"', "records.alarm.fields.'': has an empty part"),
        (HEAD + ALARM + "x = {}", "either from or constant"),
        (HEAD + '[records.alarms]\npath = "/a"\nfields = {}', "records.alarms: no kind of record; expected alarm"),
        (HEAD + '[records.alarm]\npath = "/a"\nfields = {}\nbatch = 0', "batch: 0; expected at least 1"),
        (HEAD + '[crypto]\nsignature = "sm2"\n[records]', "crypto.signature: Invalid enum value 'sm2'"),
        (HEAD + '[crypto]\nuser_id = ""\n[records]', "crypto.user_id: expected 1 to 8191 bytes"),
        (HEAD + '[crypto]\nsignature = "md5"\n[records]', "crypto.signature: Invalid enum value 'md5'"),
        (HEAD + '[crypto]\nsignature = "sm3"\n[records]', "lacks {secret}"),
        (HEAD + '[crypto]\nsignature = "hmac-sm3"\nover = "{timestamp}"\n[records]', "lacks {body}"),
        (HEAD + '[crypto]\nover = "{date}"\n[records]', "crypto.over: 'date'; expected"),
        ('name = "n"\ntransport = "https"\n[records]', "answers: a status alone says no yes"),
        ('name = "n"\ntransport = "mqtt"\n[crypto]\ntoken_header = "A"\n[records]', "MQTT has no headers"),
        ('name = "n"\ntransport = "https"\nper_s = 0\n[records]', "per_s: 0; expected more than 0"),
        (HEAD + "[records.alarm]", "records.alarm: expected path and fields"),
        (HEAD + "[records]\n[frame]\nsystem = 1\ncomponents = {}", "frame: transport https; expected a section"),
        ('name = "n"\ntransport = "gb26875"\n[records]', "frame: transport gb26875; expected a section [frame]"),
        ('name = "n"\ntransport = "gb26875"\n[records]\n[frame]\nsystem = 1\ncomponents = {}', "none; expected all of"),
        (FRAME + "address = 256\n[records]", "frame.address: 256; expected 0 to 255"),
        (FRAME.replace("system = 1", "system = 5") + "[records]", "frame.system: 5 is reserved; expected"),
        (FRAME.replace("fan = 1", "fan = 2") + "[records]", "frame.components.fan: 2 is reserved; expected"),
        (FRAME + 'checksum = "crc"\n[records]', "frame.checksum: 'crc'; expected one of sum"),
        (FRAME + "timeout_s = 11\n[records]", "frame.timeout_s: 11; expected more than 0 and at most 10"),
        (FRAME + "repeats = 10\n[records]", "frame.repeats: 10; expected 0 to 9"),
        (FRAME + "[records.disposal]", "records.disposal: GB/T 26875.3 has no words for it; expected alarm, reading"),
        (FRAME + '[records.alarm]\npath = "/a"', "records.alarm: a frame has its own form; expected an empty section"),
        (FRAME + '[crypto]\nbody = "sm4-cbc"\n[records]', "crypto.body: GB/T 26875.3 hides nothing"),
        (FRAME + '[crypto]\ntoken_header = "A"\n[records]', "GB26875 has no headers"),
        (HEAD + "colour = 1\n[records]", "unknown field `colour`"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_expectation(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_mapping(text, "own.toml")
    assert "own.toml: " in str(caught.value)
    assert says in str(caught.value)


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xff")
    for file, says in {"none.toml": "shipped mappings: gb26875, province-rest", "own.toml": "not UTF-8"}.items():
        with pytest.raises(ConfigurationError, match=says):
            load_mapping(tmp_path / file)


def test_a_code_of_a_township_has_nine_digits() -> None:
    assert list(township_problems({"城北街道": "532901003"})) == []
    assert len(list(township_problems({"a": "532901", "b": "992901003", "c": "53290100x"}))) == 3


def test_names_units_codes_and_times_are_those_of_the_target() -> None:
    fields = (
        '"place.x" = "lng"\nat = "last_time"\n'
        'kpa = { from = "value", scale = 1000, digits = 1 }\nv = { constant = 3 }\n'
        'town = { from = "township", values = { a = 1 }, otherwise = 9 }\n'
    )
    mapping = parse_mapping('time = "unix_ms"\n' + HEAD + ALARM + fields, "own")
    made = msgspec.json.decode(Shaper(mapping).of("alarm", sample("alarm", "CGCS2000")))
    assert made == {"place": {"x": 100.259783}, "at": 1_768_449_600_000, "kpa": 52_000.0, "v": 3, "town": 9}


def test_a_batch_is_a_list_in_the_order_of_its_records_and_each_carries_its_key() -> None:
    part = '[records.alarm]\npath = "/a"\nenvelope = "data"\nbatch = 2\n[records.alarm.fields]\nmsg = "id"\n'
    mapping = parse_mapping(HEAD + part, "own")
    body = msgspec.json.encode(sample("alarm", "CGCS2000")).decode()
    parcels = [Parcel("t", "alarm", "a1-1", version, body) for version in ("j2", "j1")]
    keys = [{"msg": "alarm/a1-1/j2"}, {"msg": "alarm/a1-1/j1"}]
    assert msgspec.json.decode(Shaper(mapping).body(parcels)) == {"data": keys}


def test_a_value_without_a_code_is_told_by_its_field() -> None:
    mapping = parse_mapping(HEAD + ALARM + 'x = { from = "site", values = { S1 = 1 } }', "own")
    with pytest.raises(NoCode, match=r"records.alarm.fields.x: no code for 'DL-R-0001'"):
        Shaper(mapping).of("alarm", sample("alarm", "CGCS2000"))


@pytest.mark.parametrize("body", ['{"no": "site"}', '{"site"', "[]"])
def test_a_record_that_cannot_be_written_is_no_end_of_the_others(body: str) -> None:
    mapping = parse_mapping(HEAD + ALARM + 'x = "site"', "own")
    with pytest.raises(NoCode, match=r"^alarm: (KeyError|DecodeError|ValidationError): "):
        Shaper(mapping).body([Parcel("t", "alarm", "a", "1", body)])
