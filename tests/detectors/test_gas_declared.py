from detectors.gas_declared import GasDeclared
from domain.quantity import Quantity
from tests.detectors.script import Script, told, town

CHANNELS = town()


def test_worsens_and_ends_but_never_eases() -> None:
    script = Script()
    for second, level in enumerate([0, 1, 1, 2, 1, 2, 0, 0, 2]):
        script.row("P-1", Quantity.DEVICE_ALARM, second, level)
    findings = script.play(GasDeclared(channels=CHANNELS, page_s=900), CHANNELS)
    assert told(findings) == [
        ("P-1", "gas_declared", "onset", 1, 2),
        ("P-1", "gas_declared", "escalate", 2, 4),
        ("P-1", "gas_declared", "end", 0, 7),
        ("P-1", "gas_declared", "onset", 2, 9),
    ]
    assert findings[0].onset_ns == findings[1].onset_ns == findings[2].onset_ns < findings[3].onset_ns
