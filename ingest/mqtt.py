"""The MQTT shell, and the only file that knows paho: intake to the log, and a publisher."""

import logging
import random
import select
import ssl
import sys
import threading
import time
from collections.abc import Callable, Sequence

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.link import IntakeHealth, Tls, count, refused, unanswered, unreachable
from ingest.pending import Entry, Pending

_LOGGER = logging.getLogger(__name__)
_KEEPALIVE_S = 60
_INTAKE_KEEPALIVE_S = 5  # a broker that vanished without a farewell is missed after two of them
_SESSION_EXPIRY_S = 7 * 86_400
_RECEIVE_MAXIMUM = 500
_MOST_BUFFERED = 2 * _RECEIVE_MAXIMUM
_IDLE_S = 0.2
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_STEADY_S = 30.0
_DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"


class Intake:
    """Receives frames and acknowledges each after it is safe in the log, never before.

    receive → append (durable) → PUBACK in the order received. The unsent PUBACK is the only back-pressure: while the
    log cannot take frames, broker and devices keep them. Frames of a lost connection are appended where the log takes
    them but not acknowledged: the broker sends them again, and a duplicate is better than a miss.

    Args:
        host: of the broker.
        port: of the broker.
        client_id: fixed for ever, one running intake each: the broker keeps our frames under it while we are away.
        root: of the topics.
        append: writes entries durably and gives the last position; `StoreUnavailable` when it cannot.
        clock_ns: wall clock.
        commit_frames: as many frames are appended together at most; 50 suits a broker with a window of 100.
        commit_s: so long a frame waits for others at most.
        protocol: 5 or 311.
        username: or None.
        password: or None.
        tls: or None for a connection that anybody on the way can read.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        client_id: str,
        root: str,
        append: Callable[[Sequence[Entry]], int],
        clock_ns: Callable[[], int],
        commit_frames: int = 500,
        commit_s: float = 0.02,
        protocol: int = 5,
        username: str | None = None,
        password: str | None = None,
        tls: Tls | None = None,
    ) -> None:
        self._topic = topic = f"{root}/#"
        self._clock_ns = clock_ns
        self._pending = Pending(append, commit_frames, commit_s)
        self._connection = self._connections = self._subscribing = 0
        self._subscribed = False
        self._dropped: int | None = None
        self._asking = False
        self._trouble = "not connected yet"
        self._host, self._tls, self._answered = host, tls, False
        self._client = client = _client(client_id, protocol, username, password, tls, keep_session=True, by_hand=True)
        client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
        client.on_message, client.on_disconnect = self._on_message, self._on_disconnect
        _aim(client, host, port, _SESSION_EXPIRY_S, _INTAKE_KEEPALIVE_S)
        options = SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB)
        self._subscription: list[tuple[str, int]] | list[tuple[str, SubscribeOptions]]
        self._subscription = [(topic, options)] if client.protocol == MQTTProtocolVersion.MQTTv5 else [(topic, 1)]

    def health(self) -> IntakeHealth:
        held = self._pending
        return IntakeHealth(
            connected=self._subscribed,
            text=held.trouble or self._trouble,
            frames=held.frames,
            buffered=len(held),
            connections=self._connections,
            broker=self._trouble or ("" if self._subscribed else "not subscribed yet"),
            log=held.trouble,
            dropped=self._dropped,
        )

    def run(self, stop: threading.Event) -> None:
        """Receive until `stop`; a broker or a log that is away is waited for, in paces and for ever."""
        pause_s = _SHORTEST_PAUSE_S
        while not stop.is_set():
            since_s = time.monotonic()
            self._serve(stop)
            steady = time.monotonic() - since_s > _STEADY_S
            pause_s = _SHORTEST_PAUSE_S if steady else min(2 * pause_s, _LONGEST_PAUSE_S)
            stop.wait(random.uniform(0, pause_s))  # noqa: S311 - full jitter against a crowd, no secret
        self._client.disconnect()

    def _serve(self, stop: threading.Event) -> None:
        """Live through one connection."""
        self._answered = False
        try:
            self._client.reconnect()
            while not stop.is_set() and self._turn():
                pass
        except OSError as error:
            self._trouble = unreachable(error, self._host, self._tls)
            _LOGGER.warning("%s", self._trouble)
        except Exception as error:  # a packet that paho cannot parse must not end the intake
            self._trouble = f"MQTT client failed: {error}"
            _LOGGER.exception("MQTT client failed; connecting anew")
        if self._pending:
            self._commit()
        self._connection += 1
        self._subscribed = False

    def _turn(self) -> bool:
        """Read, write and commit once; tell whether the connection still stands."""
        client, connected = self._client, self._client.socket()
        if connected is None:
            return False
        room = len(self._pending) < _MOST_BUFFERED
        # TLS decrypts a record at a time: what is left of it is in no socket, and `select` would wait for the next one.
        decrypted = room and isinstance(connected, ssl.SSLSocket) and connected.pending() > 0
        writes = [connected] if client.want_write() else []
        patience_s = 0.0 if decrypted else self._pending.patience_s(_IDLE_S)
        readable, writable, _ = select.select([connected] if room else [], writes, [], patience_s)
        if readable or decrypted:
            self._read()
        if writable:
            client.loop_write()
        client.loop_misc()
        if self._pending.due:
            self._commit()
        return client.socket() is not None

    def _read(self) -> None:
        """Read packets while they bring frames: `loop_read` takes one and does not tell whether there is another."""
        known = len(self._pending)
        while not self._client.loop_read() and known < len(self._pending) and not self._pending.full:
            known = len(self._pending)

    def _commit(self) -> None:
        """Append what waits and acknowledge it in order; nothing is acknowledged that the log did not take."""
        for connection, mid in self._pending.commit():
            if mid and connection == self._connection:  # mid 0: QoS 0; and a lost connection's numbers are reused
                self._client.ack(mid, 1)

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        """Keep the frame. Nothing here can raise: an exception would end the loop, and the frame would come again."""
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "?"  # refused later as a bad topic
        if topic == _DROPPED_TOPIC:
            self._dropped = count(bytes(message.payload), self._dropped)
            return
        self._pending.add((self._connection, message.mid), (self._clock_ns(), topic, bytes(message.payload)))

    def _on_connect(
        self, client: paho.Client, _data: object, flags: paho.ConnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        self._answered = True
        if reason.is_failure:
            self._trouble = refused(reason)
            return
        self._connection += 1
        self._connections += 1
        self._trouble = ""
        if flags.session_present:
            self._pending.forget()  # unacknowledged, so they come again; a new session would have forgotten them
        self._subscribing = client.subscribe(self._subscription)[1] or 0

    def _on_subscribe(
        self, client: paho.Client, _data: object, mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        if mid != self._subscribing:
            self._asking = False  # answered: granted or denied, it does no harm
        elif [reason.value for reason in reasons] == [1]:
            self._subscribed = True
            _LOGGER.info("receiving %s", self._topic)
            self._ask_for_drops()
        else:
            self._trouble = f"broker does not grant {self._topic} at QoS 1: {', '.join(map(str, reasons))}"
            _LOGGER.error("%s", self._trouble)
            client.disconnect()

    def _ask_for_drops(self) -> None:
        """Subscribe to the broker's count of dropped messages; one that hung up at the question is not asked again."""
        self._asking = not self._asking
        if self._asking:
            self._client.subscribe(_DROPPED_TOPIC)

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self._connection += 1
        self._subscribed = False
        if reason.is_failure:  # else it was our own goodbye
            lost = self._trouble or f"connection lost: {reason}"
            self._trouble = lost if self._answered else unanswered(self._tls)
            _LOGGER.warning("%s", self._trouble)


class Publisher:
    """Publishes at QoS 1 with a bounded window; used by the simulator and for commands.

    Args:
        host: of the broker.
        port: of the broker.
        client_id: of its own.
        protocol: 311 or 5; 3.1.1 is never told that the broker refused a message.
        username: or None.
        password: or None.
        tls: or None for a connection that anybody on the way can read.
        window: messages without PUBACK at most; `publish` blocks beyond, and until the first connection.
        session_s: so long the broker keeps our queue after we left; 0: not at all, and what it kept is forgotten.

    Attributes:
        trouble: why there is no connection, for a person; "" while there is one or before it is known.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: str,
        *,
        protocol: int = 311,
        username: str | None = None,
        password: str | None = None,
        tls: Tls | None = None,
        window: int = 200,
        session_s: int = 0,
    ) -> None:
        self._most, self._window, self._pending = window, 0, 0
        self._stopped = False
        self._change = threading.Condition()
        self._network_thread, self._topics = 0, list[str]()
        self.trouble, self._host, self._tls, self._answered = "", host, tls, False
        keep = session_s > 0
        self._client = client = _client(client_id, protocol, username, password, tls, keep_session=keep, by_hand=False)
        self._five = client.protocol == MQTTProtocolVersion.MQTTv5
        client.max_inflight_messages_set(0)  # the window is ours
        client.reconnect_delay_set(1, round(_LONGEST_PAUSE_S))
        client.suppress_exceptions = True  # else one would end the network thread in silence
        client.on_connect, client.on_publish = self._on_connect, self._on_publish
        client.on_connect_fail, client.on_disconnect = self._on_connect_fail, self._on_disconnect
        _aim(client, host, port, session_s)

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        self._client.loop_start()

    def connects(self, timeout_s: float) -> bool:
        """Wait for the first connection, or for the trouble instead of it; tell whether it came."""
        with self._change:
            self._change.wait_for(lambda: self._window or self.trouble, timeout_s)
            return self._window > 0

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None) -> None:
        """Send one message, which MQTT 5 lets expire; wait while the window is full (ConnectionError: stopped)."""
        properties = _expiring(expiry_s) if expiry_s and self._five else None
        with self._change:
            if threading.get_ident() != self._network_thread:  # which reads the PUBACKs and must not wait for them
                self._change.wait_for(lambda: self._stopped or self._pending < self._window)
            if self._stopped:
                raise ConnectionError("the publisher was stopped")
            self._pending += 1
        try:
            self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        except ValueError:
            self._settle()
            raise

    def subscribe(self, topic: str, callback: Callable[[str, bytes], None]) -> None:
        """Hand messages of a topic filter to `callback`, on the network thread."""

        def hand_over(_client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
            try:
                callback(message.topic, bytes(message.payload))
            except Exception:
                _LOGGER.exception("a subscriber of %s failed", topic)

        self._client.message_callback_add(topic, hand_over)
        self._topics.append(topic)
        self._client.subscribe(topic, qos=1)  # in vain while there is no connection; then _on_connect does it

    def drain(self, timeout_s: float) -> bool:
        """Wait until every message has its PUBACK; tell whether that came true in time."""
        with self._change:
            return self._change.wait_for(lambda: self._pending == 0, timeout_s)

    def stop(self) -> None:
        with self._change:
            self._stopped = True
            self._change.notify_all()
        self._client.disconnect()
        self._client.loop_stop()

    def _settle(self) -> None:
        with self._change:
            self._pending -= 1
            self._change.notify_all()

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._network_thread = threading.get_ident()
        self._answered = True
        if reason.is_failure:
            self._say(refused(reason))
            return
        for topic in self._topics:
            client.subscribe(topic, qos=1)
        with self._change:
            self.trouble = ""
            self._window = min(self._most, getattr(properties, "ReceiveMaximum", self._most))
            self._change.notify_all()

    def _on_connect_fail(self, _client: paho.Client, _data: object) -> None:
        self._say(unreachable(sys.exception(), self._host, self._tls))  # called from paho's `except`

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            lost = self.trouble or f"connection lost: {reason}"
            self._say(lost if self._answered else unanswered(self._tls))
        self._answered = False

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:  # once, not with every attempt
            _LOGGER.warning("%s", trouble)
        with self._change:
            self.trouble = trouble
            self._change.notify_all()

    def _on_publish(
        self, _client: paho.Client, _data: object, _mid: int, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            _LOGGER.warning("broker refuses a message: %s", reason)
        self._settle()


def _client(
    client_id: str,
    protocol: int,
    username: str | None,
    password: str | None,
    tls: Tls | None,
    *,
    keep_session: bool,
    by_hand: bool,  # who calls reconnects and acknowledges
) -> paho.Client:
    five = protocol == MQTTProtocolVersion.MQTTv5
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id,
        clean_session=None if five else not keep_session,
        protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
        manual_ack=by_hand,
        reconnect_on_failure=not by_hand,
    )
    if username is not None:
        client.username_pw_set(username, password)
    if tls is not None:
        client.tls_set_context(tls.context())
    return client


def _aim(client: paho.Client, host: str, port: int, session_s: int, keepalive_s: int = _KEEPALIVE_S) -> None:
    """Set where to connect, and how long the broker keeps our session after we left."""
    if client.protocol == MQTTProtocolVersion.MQTTv5 and session_s:
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's own gap
        session.SessionExpiryInterval, session.ReceiveMaximum = session_s, _RECEIVE_MAXIMUM
        client.connect_async(host, port, keepalive_s, clean_start=False, properties=session)
    else:
        client.connect_async(host, port, keepalive_s)


def _expiring(expiry_s: int) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's own gap
    properties.MessageExpiryInterval = expiry_s
    return properties
