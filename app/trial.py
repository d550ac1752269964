"""`gas-lifeline notify test`: one message by one channel, outside of every limit, and the provider's own words."""

from alerting.notices import trial
from alerting.notify.channel import Accepted
from app import channels
from app.clock import now_ns
from app.settings import Settings
from app.wiring import Wiring
from domain.errors import ConfigurationError


def run_trial(settings: Settings, name: str, address: str) -> int:
    """Send it; 0 when the provider took it on (ChannelUnavailable: it did not answer)."""
    known = channels.configured(settings)
    if name not in known:
        raise ConfigurationError(f"channel {name!r} has no settings; expected one of: {', '.join(known) or 'none has'}")
    with Wiring(settings).ways([name], "trial") as ways:
        answer = ways[name].send(trial(name, address, now_ns=now_ns()))
    if isinstance(answer, Accepted):
        print(f"accepted {answer.provider_id}".rstrip())  # noqa: T201 - the command's answer
        return 0
    print(f"refused: {answer.code} {answer.text}")  # noqa: T201 - the command's answer
    return 1
