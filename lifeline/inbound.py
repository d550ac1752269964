"""What a city's platform may tell us to do: four kinds of instruction, and nothing else.

There is no kind that reaches a valve, closes an incident or stands for the re-check of a second person. Keys that we do
not know are refused, so that nothing is promised by silence.
"""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from domain.errors import GasLifelineError

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._:/-]{1,64}\Z")]
AlarmName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,64}-[1-9][0-9]{0,8}\Z")]
Said = Annotated[str, Meta(min_length=1, max_length=900)]
MaybeSaid = Annotated[str, Meta(max_length=900)]


class NotUnderstood(GasLifelineError):  # noqa: N818 - the answer to the platform
    """The body is no instruction; the text says where and why."""


class _Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all have.

    Attributes:
        id: that the platform never gives again; a repeat under it does nothing.
        person: who says so there.
    """

    id: Id
    person: Annotated[str, Meta(max_length=64)] = ""

    @property
    def subject(self) -> str:
        return ""


class _OfAlarm(_Told, frozen=True, kw_only=True):
    """What is about an alarm, by the `alarm_id` of our records."""

    alarm_id: AlarmName

    @property
    def subject(self) -> str:
        return self.alarm_id


class Acknowledge(_OfAlarm, frozen=True, kw_only=True, tag="acknowledge"):
    """Somebody there answers for an alarm.

    Attributes:
        occurrence: of the record that was seen; 0: the one with which the alarm began.
    """

    occurrence: Annotated[int, Meta(ge=0, le=2**31)] = 0
    text: MaybeSaid = ""


class Step(_OfAlarm, frozen=True, kw_only=True, tag="step"):
    """Somebody did something about the incident of an alarm."""

    step: Literal["dispatch", "arrive", "isolate", "evacuate", "measure", "repair"]
    text: MaybeSaid = ""


class Supervise(_Told, frozen=True, kw_only=True, tag="supervise"):
    """督办: a word about either an alarm or a hazard."""

    alarm_id: AlarmName | None = None
    hazard_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    text: Said

    def __post_init__(self) -> None:
        if (self.alarm_id is None) == (self.hazard_id is None):
            raise ValueError("expected either alarm_id or hazard_id")

    @property
    def subject(self) -> str:
        return self.alarm_id or self.hazard_id or ""


class Inquiry(_Told, frozen=True, kw_only=True, tag="inquiry"):
    """查岗: is the desk manned? A person answers.

    Attributes:
        answer_s: within so many seconds.
    """

    text: Said
    answer_s: Annotated[int, Meta(ge=60, le=86_400)] = 600


Told = Acknowledge | Step | Supervise | Inquiry
_DECODER: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)


def understand(body: bytes) -> Told:
    """Read an instruction (NotUnderstood).

    Example:
        >>> understand(b'{"kind":"inquiry","id":"1","text":"?"}')
        Inquiry(id='1', person='', text='?', answer_s=600)
        >>> understand(b'{"kind":"close_valve","id":"1","device":"V1"}')
        Traceback (most recent call last):
        lifeline.inbound.NotUnderstood: Invalid value 'close_valve' - at `$.kind`
    """
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotUnderstood(str(error)) from None


def kind_of(told: Told) -> str:
    return str(told.__struct_config__.tag)


def digest(told: Told) -> str:
    """Tell contents apart, however they were written."""
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()
