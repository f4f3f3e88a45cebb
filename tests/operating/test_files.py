"""The files to copy in docs/operating fit together, and name what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import ROOT, Settings
from app.web.application import create_app
from tests.client import TestClient
from tests.conftest import TEAPOTS

FOLDER = ROOT / "docs/operating"
PAGE = (ROOT / "docs/operating.md").read_text("utf-8")
COMPOSED: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yml").read_text("utf-8"))
UNIT = FOLDER / "helpcenter@.service"
SOCKET = FOLDER / "helpcenter.socket"
VARIABLES = {f"HELP_{name.upper()}" for name in Settings.model_fields}


def replicas() -> dict[str, dict[str, Any]]:
    return {
        name: service
        for name, service in COMPOSED["services"].items()
        if service.get("image") == "helpcenter"
    }


def address_of(service: dict[str, Any]) -> str:
    return str(service["networks"]["inside"]["ipv4_address"])


def test_the_proxy_knows_the_replicas_and_they_believe_it_alone() -> None:
    configuration = (FOLDER / "nginx.conf").read_text("utf-8")
    asked = re.findall(r"^    server (\S+):8000 ", configuration, re.MULTILINE)
    assert len(asked) == 2
    assert asked == [address_of(replica) for replica in replicas().values()]
    proxy = COMPOSED["services"]["proxy"]
    for replica in replicas().values():
        assert replica["environment"]["HELP_PROXIES"] == address_of(proxy)
    (published,) = proxy["ports"]
    assert f"listen {published.split(':')[1]}" in configuration


def test_nothing_but_the_proxy_is_reached_from_outside() -> None:
    for name, service in COMPOSED["services"].items():
        assert ("ports" in service) is (name == "proxy")
        assert set(service["networks"]) <= (
            {"inside", "outside"} if name == "proxy" else {"inside"}
        )
    assert COMPOSED["networks"]["inside"]["internal"] is True


def test_replicas_can_do_little_and_write_nowhere() -> None:
    for replica in replicas().values():
        assert replica["read_only"] is True
        assert replica["cap_drop"] == ["ALL"]
        assert all(volume.endswith(":ro") for volume in replica["volumes"])


def test_every_variable_is_a_setting() -> None:
    told = set(re.findall(r"HELP_[A-Z_]+", PAGE + UNIT.read_text("utf-8")))
    for replica in replicas().values():
        told |= set(replica["environment"])
    assert told
    assert told <= VARIABLES


def test_what_is_mounted_and_linked_is_there() -> None:
    for service in COMPOSED["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (FOLDER / source).exists() or source in COMPOSED["volumes"]
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        if target != "performance.md":  # which `make bench` writes
            assert (ROOT / "docs" / target).exists(), target


def test_the_limits_of_the_proxy_are_those_of_the_server() -> None:
    from app.web.http.connections import STOP_SECONDS
    from app.web.http.headers import MAX_BODY_BYTES

    configuration = (FOLDER / "nginx.conf").read_text("utf-8")
    assert f"client_max_body_size {MAX_BODY_BYTES // 1024}k;" in configuration
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text("utf-8"), re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > STOP_SECONDS


@pytest.mark.slow
def test_the_alerts_ask_for_metrics_that_there_are(tmp_path: Path) -> None:
    token = "as-secret-as-a-kettle"
    settings = Settings(content=TEAPOTS, data=tmp_path, watch=0, metrics_token=token)
    with TestClient(create_app(settings)) as client:
        assert client.get("/").status_code == 200
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    there = set(re.findall(r"^(?:# TYPE )?(\w+)[ {]", answer.text, re.MULTILINE))
    told = set(re.findall(r"`[^`]*?((?:helpcenter|process)_\w+)", PAGE))
    assert len(told) >= 7
    assert told <= there


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit of one process, for a program that is there, with its socket beside it."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("this machine has no systemd")
    shutil.copy(SOCKET, tmp_path)
    copy = tmp_path / UNIT.name.replace("@", "@1")
    text = UNIT.read_text("utf-8")
    command = "/opt/helpcenter/.venv/bin/helpcenter serve"
    assert command in text
    copy.write_text(text.replace(command, "/bin/true").replace("/opt/helpcenter", "/tmp"))
    return copy


def test_systemd_understands_the_units(unit: Path) -> None:
    command: list[str | Path] = ["systemd-analyze", "verify", unit, unit.with_name(SOCKET.name)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "helpcenter" not in done.stderr, done.stderr


def test_the_unit_exposes_as_little_as_the_page_says(unit: Path) -> None:
    command: list[str | Path] = ["systemd-analyze", "security", "--offline=true", unit]
    done = subprocess.run(command, capture_output=True, text=True)
    if "Overall exposure" not in done.stdout:
        pytest.skip("this systemd can't rate a file")
    measured = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    told = re.search(r"its exposure ([\d.]+)\s+of\s+10", PAGE)
    assert measured is not None
    assert told is not None
    # What is rated, and how, differs a little between versions.
    assert float(measured[1]) <= float(told[1]) + 0.5
