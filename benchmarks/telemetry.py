"""Records of a made-up fleet of gateways, in the order of their time: what a user trains a model of one's own on.

Generated, not gathered: the structure is that of real telemetry (nested JSON of one schema, devices that each have
their habits, values that walk, requests whose paths follow a power law, messages from templates, identifiers that are
random and that nothing can compress), and it drifts as real data does: firmware is rolled out, devices and endpoints
come and go. The same seed gives the same records.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SIZES = (1 << 10, 1 << 14)  # bytes of a record: from, to
_SITES = ("bremen-2", "graz", "leuven-a", "odense", "poznan-1", "tartu", "turku-b", "vigo")
_MODELS = ("GX-210", "GX-214", "EdgeOne mini", "EdgeOne")
_ENDPOINTS = (
    "/api/v2/meters", "/api/v2/meters/{n}/readings", "/api/v2/meters/{n}/status", "/api/v2/alarms",
    "/api/v2/alarms/{n}/ack",
    "/api/v2/session", "/api/v2/session/refresh", "/api/v2/config", "/api/v2/config/diff", "/api/v2/firmware/manifest",
    "/api/v2/firmware/chunks/{n}", "/healthz", "/metrics", "/api/v2/sites/{n}/topology", "/api/v2/events/stream",
)  # fmt: skip
_MESSAGES = (
    ("warn", "modbus", "no answer from unit {n} within {ms} ms, attempt {k} of 3"),
    ("error", "modbus", "unit {n}: illegal data address 0x{hex4} (exception 2)"),
    ("info", "uplink", "carrier {site} registered, rssi {rssi} dBm, cell {hex4}"),
    ("warn", "uplink", "link lost after {ms} ms, {n} records are buffered"),
    ("error", "store", "write of segment {n} failed: no space left on device (ENOSPC)"),
    ("info", "store", "compacted {n} segments in {ms} ms"),
    ("error", "tls", "handshake with ingest.{site}.fleet failed: certificate has expired"),
    ("info", "ntp", "clock stepped by {ms} ms, stratum {k}"),
    ("debug", "rules", "rule {n} matched {k} times, action suppressed by hold-off"),
)


@dataclass
class Gateway:
    """One device and where its values stand."""

    name: str
    site: str
    model: str
    firmware: str
    sequence: int
    temperature: float
    voltage: float
    load: float
    meters: list[int]


def records(count: int, seed: int = 1) -> Iterator[bytes]:
    """`count` records of 1 to 16 KiB, oldest first."""
    chance = random.Random(seed)
    fleet = [_gateway(chance, number) for number in range(60)]
    now = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(count):
        now += timedelta(milliseconds=chance.expovariate(1 / 9000))
        _drift(chance, fleet, number / count)
        yield _record(chance, chance.choice(fleet), now)


def _gateway(chance: random.Random, number: int) -> Gateway:
    meters = [chance.randrange(100000, 999999) for _ in range(chance.randrange(2, 9))]
    return Gateway(
        f"gw-{number:04d}", chance.choice(_SITES), chance.choice(_MODELS), "4.11.2", chance.randrange(90000),
        chance.uniform(25, 48), chance.uniform(11.4, 12.6), chance.uniform(0.1, 0.7), meters,
    )  # fmt: skip


def _drift(chance: random.Random, fleet: list[Gateway], share: float) -> None:
    """Firmware rolls out, and now and then a device is replaced by a new one."""
    if chance.random() < 0.02:
        chance.choice(fleet).firmware = "4.12.0" if share < 0.6 else "4.12.1"
    if chance.random() < 0.005:
        fleet[chance.randrange(len(fleet))] = _gateway(chance, 60 + int(share * 1000))


def _record(chance: random.Random, device: Gateway, now: datetime) -> bytes:
    device.sequence += 1
    wanted = int(SIZES[0] * (SIZES[1] / SIZES[0]) ** chance.random())
    head: dict[str, Any] = {
        "schema": "fleet.telemetry/3",
        "device": {"id": device.name, "model": device.model, "firmware": device.firmware, "site": device.site},
        "sent": _time(now),
        "seq": device.sequence,
        "events": [],
    }
    size = len(json.dumps(head))
    moment = now - timedelta(seconds=wanted // 20)
    while size < wanted:
        moment += timedelta(milliseconds=chance.randrange(50, 9000))
        event = {"t": _time(moment)} | chance.choices((_sample, _request, _message), (5, 3, 2))[0](chance, device)
        head["events"].append(event)
        size += len(json.dumps(event)) + 2
    return json.dumps(head).encode()


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sample(chance: random.Random, device: Gateway) -> dict[str, Any]:
    device.temperature += chance.gauss(0, 0.3)
    device.voltage += chance.gauss(0, 0.02)
    device.load = min(max(device.load + chance.gauss(0, 0.05), 0.01), 4.0)
    return {
        "kind": "sample", "meter": chance.choice(device.meters), "temperature_c": round(device.temperature, 1),
        "supply_v": round(device.voltage, 2), "load": round(device.load, 3),
        "quality": chance.choices(("good", "stale"), (9, 1))[0],
    }  # fmt: skip


def _request(chance: random.Random, device: Gateway) -> dict[str, Any]:
    endpoint = _ENDPOINTS[min(int(chance.paretovariate(0.9)) - 1, len(_ENDPOINTS) - 1)]
    return {
        "kind": "request", "method": "GET" if chance.random() < 0.8 else "POST",
        "path": endpoint.format(n=chance.choice(device.meters)),
        "status": chance.choices((200, 204, 304, 404, 503), (80, 8, 6, 4, 2))[0],
        "ms": round(chance.lognormvariate(3, 1), 1), "bytes": int(chance.lognormvariate(6, 1.5)),
        "trace": f"{chance.getrandbits(32):08x}",
    }  # fmt: skip


def _message(chance: random.Random, device: Gateway) -> dict[str, Any]:
    level, unit, text = chance.choice(_MESSAGES)
    filled = text.format(
        n=chance.randrange(1, 248), ms=chance.randrange(20, 5000), k=chance.randrange(1, 4), site=device.site,
        rssi=-chance.randrange(60, 111), hex4=f"{chance.randrange(1 << 16):04x}",
    )  # fmt: skip
    return {"kind": "log", "level": level, "unit": unit, "message": filled}
