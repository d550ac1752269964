"""The API against its own document: whatever is sent, no server error and no answer that the document does not tell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, CheckFunction, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.application import create_app
from api.sessions import COOKIE, begin
from domain.quantity import Quantity
from domain.record import Gap, Quarantined, User
from domain.sample import RefusalReason
from tests.api.conftest import Clock, Plant
from tests.api.test_scope import enter_hazards

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Operation = APIOperation[Any, Any, Any, Any]
ENDLESS = frozenset({"/api/v1/stream"})
"""Never answers whole; its events have tests of their own."""
EXAMPLES, PARTS = 12, 8


class Visitor:
    """Somebody who may do much, and who is still logged in after every logout that he is made to send."""

    def __init__(self, folder: Path) -> None:
        self.plant = Plant(folder, Clock())
        self._app = create_app(self.plant.services())
        self.schema: Any = schemathesis.openapi.from_asgi("/api/openapi.json", self._app)
        user = self.plant.records.user("supervisor")
        assert user is not None
        self._user: User = user
        self._fill()

    def _fill(self) -> None:
        alarm = self.plant.leak()
        entry = Quarantined(
            1, "frame", RefusalReason.BAD_JSON, "no JSON", "G1", "S1", "gas/v1/S1/G1/telemetry", b"{", 5
        )
        with self.plant.records.unit() as unit:
            unit.quarantine([entry])
            unit.gap(Gap("G1", "b", 3, 9, self.plant.clock_ns()))
        self.plant.hear("G1")
        self.plant.measure("G1", {Quantity.GAS_PCT_LEL: 31.0})
        self._known = {"alarm_id": alarm.id, "device": "G1", "incident_id": alarm.incident_id, "entry_id": "1"}
        self._known |= enter_hazards(self.plant, "S1", "a")

    def cases(self, operation: Operation) -> st.SearchStrategy[Any]:
        """Give right and wrong requests, with ids that exist too: with strangers' ids alone all would end at 404."""
        known = {name: value for name, value in self._known.items() if f"{{{name}}}" in operation.path}
        right_and_wrong = [
            operation.as_strategy(generation_mode=mode, path_parameters=path)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
            for path in ([known, None] if known else [None])
        ]
        return st.one_of(right_and_wrong)

    def send(self, case: Case[Any]) -> None:
        with self.plant.records.unit() as unit:
            token, session = begin(unit, self._user, self.plant.clock_ns())
        answer = case.call(headers={"X-CSRF-Token": session.csrf}, cookies={COOKIE: token})
        case.validate_response(answer, checks=CHECKS)

    def operations(self) -> list[Operation]:
        return [found.ok() for found in self.schema.get_all_operations() if found.ok().path not in ENDLESS]


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    made = Visitor(tmp_path_factory.mktemp("visitor"))
    yield made
    made.plant.close()


@pytest.mark.untraced
@pytest.mark.parametrize("part", range(PARTS))
def test_answers_as_its_document_says_whatever_is_sent(visitor: Visitor, subtests: pytest.Subtests, part: int) -> None:
    for operation in visitor.operations()[part::PARTS]:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=visitor.cases(operation))
        def check(case: Case[Any]) -> None:
            visitor.send(case)

        with subtests.test(operation.label):
            check()


def test_document_tells_of_every_route(visitor: Visitor) -> None:
    labels = {operation.label for operation in visitor.operations()}
    assert {"POST /api/v1/login", "GET /api/v1/alarms", "POST /api/v1/alarms/{alarm_id}/ack", "GET /readyz"} <= labels


def test_document_knows_no_shape_that_is_not_sent(visitor: Visitor) -> None:
    assert "HTTPValidationError" not in visitor.schema.raw_schema["components"]["schemas"]
