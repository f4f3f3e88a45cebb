"""The command line as a user meets it; the most important paths as a process of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.checks import check
from app.cli import main
from app.content.loader import load
from app.development.reference import pages
from app.settings import ROOT, Settings
from tests.conftest import MARBLES, TEAPOTS, MakeContent
from tests.hardening.server import running

BROKEN = {"issues/a.md": "---\ntitel: 50% off, now: or: never\n---\n"}


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HELP_")]:
        monkeypatch.delenv(name)


def run(*arguments: str, text: str | bytes = "", env: Mapping[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=text, env=env, prog_name="helpcenter")


# --- check ------------------------------------------------------------------------------------


def test_check_of_good_content() -> None:
    result = run("check", "--content", str(TEAPOTS))
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No mistakes in 8 files.\n"


@pytest.mark.slow
def test_check_of_bad_content_as_a_process(make_content: MakeContent) -> None:
    root = make_content({"issues/a.md": "x", "tips.yml": "tips: [{id: a}]"})
    done = subprocess.run(
        [sys.executable, "-m", "app", "check", "--content", "content"],
        cwd=root.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == (
        "content/issues/a.md:1: front-matter: the first line must be `---`; put the front matter "
        "between two lines `---`\n"
        "content/tips.yml:1: missing-key: the key `tips.0.title` is missing; add it\n"
        "content/tips.yml:1: missing-key: the key `tips.0.text` is missing; add it\n"
    )
    assert done.stderr == "3 errors and 0 warnings in 3 files.\n"


def test_check_shows_paths_as_seen_from_here(
    make_content: MakeContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_content(BROKEN)
    monkeypatch.chdir(root.parent)
    assert run("check", "--content", str(root)).stdout.startswith("content/issues/a.md:2: ")
    monkeypatch.chdir(root / "issues")
    assert run("check", "--content", str(root)).stdout.startswith(f"{root}/issues/a.md:2: ")


def test_warnings_alone_are_good(make_content: MakeContent) -> None:
    result = run("check", "--content", str(make_content({"issues/a.markdown": "x"})))
    assert result.exit_code == 0
    assert "stray-file" in result.stdout
    assert result.stderr == "0 errors and 1 warning in 1 file.\n"


def test_check_as_json(make_content: MakeContent) -> None:
    root = make_content(BROKEN)
    result = run("check", "--content", str(root), "--format", "json")
    assert result.exit_code == 1
    (finding,) = json.loads(result.stdout)
    assert finding == {
        "rule": "yaml",
        "path": f"{root}/issues/a.md",
        "line": 2,
        "column": 20,
        "message": finding["message"],
        "severity": "error",
    }
    good = run("check", "--content", str(TEAPOTS), "--format", "json")
    assert (good.exit_code, json.loads(good.stdout)) == (0, [])


def test_check_as_github_annotations(make_content: MakeContent) -> None:
    files = {"issues/a,b.md": "x", "issues/c.markdown": "x"}
    root = make_content(files)
    result = run("check", "--content", str(root), env={"HELP_FORMAT": "github"})
    assert result.exit_code == 1
    first, second = result.stdout.splitlines()
    place = f"{root}/issues/a%2Cb.md,line=1,col=1"
    assert first.startswith(f"::error file={place},title=front-matter::the first line must be")
    assert second.startswith("::warning file=")


def test_annotations_keep_to_one_line(make_content: MakeContent) -> None:
    root = make_content({"issues/a.md": '---\n"100%\\n\\r": x\n---\n'})
    result = run("check", "--content", str(root), "--format", "github")
    lines = result.stdout.splitlines()
    assert all(line.startswith("::error file=") for line in lines)
    assert any("100%25%0A%0D" in line for line in lines)


def test_examples_that_are_diagnosed_otherwise(tmp_path: Path) -> None:
    root = tmp_path / "content"
    shutil.copytree(MARBLES, root)
    issue, errors = root / "issues/market-closed.md", root / "errors/glassmarket.yml"
    issue.write_text(
        issue.read_text().replace(
            "order: 30", "examples:\n  - 'marblelib: address is not on the list'\norder: 30"
        )
    )
    errors.write_text(errors.read_text().replace("-7009 The key", "-7007 {{ product }}: The key"))
    result = run("check", "--content", str(root))
    assert result.exit_code == 1
    first, second = result.stdout.splitlines()
    assert first.startswith(f"{errors}:30: wrong-example: this is diagnosed as glassmarket -7007, ")
    assert "instead of glassmarket -7009, wrong-key; " in first
    assert second.startswith(
        f"{issue}:10: wrong-example: this is diagnosed as address-not-allowed "
        "instead of market-closed; "
    )


# --- new --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Key Has Expired", "key-has-expired"),
        ('  He said: "no" #1\n- {{ a ', "he-said-no-1-a"),
        ("Clé expirée: 50 % {x} 茶", "cle-expiree-50-x"),
    ],
)
def test_a_new_issue_is_valid_and_a_draft(title: str, slug: str, make_content: MakeContent) -> None:
    root = make_content({})
    result = run("new", "issue", title.replace("{{", ""), "--content", str(root))
    assert result.exit_code == 0, result.output
    path = root / "issues" / f"{slug}.md"
    assert result.stdout.splitlines()[0] == str(path)
    assert "helpcenter check" in result.stdout
    content = load(root, drafts=True)
    assert check(content) == ()
    (issue,) = content.issues
    assert issue.draft
    assert issue.title == " ".join(title.replace("{{", "").split())
    assert load(root).issues == ()


def test_new_never_overwrites(make_content: MakeContent) -> None:
    root = make_content({"issues/cold-water.md": "mine"})
    result = run("new", "issue", "Cold Water", env={"HELP_CONTENT": str(root)})
    assert result.exit_code == 2
    assert "already exists; edit it" in result.stderr
    assert (root / "issues/cold-water.md").read_text() == "mine"


def test_new_does_not_take_an_old_name() -> None:
    result = run("new", "issue", "Lukewarm Water", "--content", str(TEAPOTS))
    assert result.exit_code == 2
    assert "`lukewarm-water` is an old name of /issues/cold-water" in result.stderr
    assert not (TEAPOTS / "issues/lukewarm-water.md").exists()


def test_new_needs_a_title_for_the_address(make_content: MakeContent) -> None:
    result = run("new", "issue", "茶", "--content", str(make_content({})))
    assert result.exit_code == 2
    assert "“茶” gives no file name; give lower-case words" in result.stderr


# --- diagnose, evaluate -----------------------------------------------------------------------

FRIEND = '{"code":-7007,"say":"Friend unknown"}'


def test_diagnose_as_text() -> None:
    result = run("diagnose", "--content", str(MARBLES), text=FRIEND)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "Recognised: Glass Market -7007: Friend unknown"
    assert re.fullmatch(r"1\. Address Not Allowed \(\d+%\)  /issues/address-not-allowed", lines[2])
    assert "   - Press the blue button twice" in lines, "the steps of the exchange"
    assert 'What stands under "Friends of this key"?' in lines
    assert "- 192.0.2.7  /issues/wrong-key" in lines


def test_diagnose_as_json_as_the_interface_answers() -> None:
    result = run("diagnose", "--json", "--content", str(MARBLES), text=FRIEND)
    answer = json.loads(result.stdout)
    assert list(answer) == [
        "verdict",
        "exchange",
        "error",
        "caller_ip",
        "matches",
        "answer",
        "question",
        "redacted_text",
    ]
    assert answer["verdict"] == "recognised"
    assert answer["error"] == {
        "exchange": "glassmarket",
        "code": "-7007",
        "message": "Friend unknown",
        "url": "/errors/glassmarket/-7007",
    }
    assert answer["caller_ip"] is None
    first = answer["matches"][0]
    assert list(first) == ["issue", "title", "url", "confidence", "because", "steps"]
    assert (first["issue"], first["title"]) == ("address-not-allowed", "Address Not Allowed")
    option = answer["question"]["options"][1]
    assert (option["label"], option["issue"]) == ("192.0.2.7", "wrong-key")
    assert answer["redacted_text"] == FRIEND


def test_diagnose_says_when_nothing_fits() -> None:
    result = run("diagnose", "--content", str(TEAPOTS), text="how do I brew coffee")
    assert (result.exit_code, result.stdout) == (0, "Unknown: nothing here matches this text\n")


def test_diagnose_takes_any_bytes() -> None:
    data = bytes(range(256)) * 20
    result = run("diagnose", "--json", "--content", str(TEAPOTS), text=data)
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["verdict"] == "unknown"


def test_diagnose_with_an_exchange() -> None:
    text = "nobody answers"
    result = run("diagnose", "--exchange", "claybourse", "--content", str(MARBLES), text=text)
    assert result.exit_code == 0
    wrong = run("diagnose", "--exchange", "clay", "--content", str(MARBLES), text=text)
    assert wrong.exit_code == 2
    assert "choose from: glassmarket, claybourse" in wrong.stderr


def test_evaluate(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    right = {"text": FRIEND, "expected": "address-not-allowed", "kind": "paste"}
    wrong = {"text": FRIEND, "expected": "market-closed", "kind": "paste"}
    cases.write_text("\n".join(json.dumps(case) for case in (right, wrong)))
    result = run("evaluate", str(cases), "--content", str(MARBLES))
    assert result.exit_code == 0
    assert "50.0%  (1/2)" in result.stdout
    assert "market-closed -> address-not-allowed" in result.stdout


@pytest.mark.parametrize("data", [b"no json\n", b"\xff\xfe\n", b'{"text": "x"}\n'])
def test_evaluate_of_what_are_no_cases(data: bytes, tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_bytes(data)
    result = run("evaluate", str(cases), "--content", str(TEAPOTS))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {cases}: ")


# --- serve ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_serve_answers_and_stops() -> None:
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--content", str(TEAPOTS)]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        try:
            match = re.search(r"http://127\.0\.0\.1:\d+", server.stderr.readline())
            assert match
            with urllib.request.urlopen(f"{match[0]}/healthz", timeout=60) as answer:
                assert answer.status == 200
                assert "server" not in answer.headers
        finally:
            server.send_signal(signal.SIGINT)
            out, rest = server.communicate(timeout=60)
    assert (server.returncode, out) == (0, "")
    assert "healthz" not in rest, "requests are not logged"
    assert "Traceback" not in rest


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", "--content", str(TEAPOTS), env={"HELP_PORT": port})
    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: can't listen on 127.0.0.1, port {port}: Address already in use; "
        "choose another --host or --port\n"
    )


def test_broken_content_is_told_and_not_used(make_content: MakeContent) -> None:
    root = make_content(BROKEN)
    result = run("diagnose", env={"HELP_CONTENT": str(root)})
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{root}/issues/a.md:2: yaml: ")
    assert result.stderr == f"1 error in {root}. Fix them first.\n"


def test_a_broken_site_ends_serve(make_content: MakeContent) -> None:
    root = make_content({"site.yml": "product: [\n"})
    result = run("serve", env={"HELP_PORT": "0", "HELP_CONTENT": str(root)})
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{root}/site.yml:2: yaml: ")
    assert result.stderr == f"1 error in {root}. Fix them first.\n"


# --- usage and settings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chekc"], "No such command"),
        (["check", "--content", "/nowhere"], "does not exist"),
        (["check", "--format", "xml"], "is not one of"),
        (["serve", "--port", "99999"], "not in the range"),
        (["new", "issue"], "Missing argument"),
        (["evaluate", "/nowhere.jsonl"], "No such file"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("HELP_BASE_URL", "help.example.com", "HELP_BASE_URL: must be like https://"),
        ("HELP_BASE_URL", "https://help.example.com/path", "without a path"),
        ("HELP_PORT", "http", "HELP_PORT: "),
        ("HELP_BASE_URL", "tauri://localhost", "HELP_BASE_URL: must be like https://"),
        ("HELP_CORS_ORIGINS", "https://*.example.com", "HELP_CORS_ORIGINS: https://*.example.com"),
        ("HELP_CORS_ORIGINS", "https://a.example,app.example", "HELP_CORS_ORIGINS: app.example"),
        ("HELP_CORS_ORIGINS", "https://a.example/page", "without a path"),
        (
            "HELP_API_KEYS",
            "a-key-that-is-long-enough,short",
            "HELP_API_KEYS: String should have at",
        ),
        ("HELP_API_KEYS", "a key with a blank in it", "HELP_API_KEYS: String should match"),
        ("HELP_CORS_ORIGINS", "null", "HELP_CORS_ORIGINS: null is not an origin"),
        ("HELP_CORS_ORIGINS", "https://bücher.example", "is not an origin"),
    ],
)
def test_wrong_settings(variable: str, value: str, message: str) -> None:
    result = run("check", "--content", str(TEAPOTS), env={variable: value})
    assert result.exit_code == 2
    assert message in result.stderr


def test_no_secret_stands_in_a_message_about_settings() -> None:
    secret = "my-secret-with a blank"
    given = {"HELP_API_KEYS": secret, "HELP_DATABASE_URL": f"mysql://x:{secret}@y/z"}
    result = run("check", "--content", str(TEAPOTS), env=given)
    assert result.exit_code == 2
    assert "HELP_DATABASE_URL" in result.stderr
    assert "secret" not in result.stderr
    with pytest.raises(ValueError, match="api_keys") as refused:
        Settings(api_keys=("short-secret",))
    assert "short-secret" not in str(refused.value)
    assert "long-secret" not in repr(Settings(api_keys=("long-secret-of-mine",)))


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().port == 8000
    assert Settings().content == ROOT / "content"
    monkeypatch.setenv("HELP_PORT", "7777")
    monkeypatch.setenv("HELP_CONTENT", "")
    monkeypatch.setenv("HELP_BASE_URL", "https://teapots.example/")
    settings = Settings()
    assert settings.port == 7777
    assert settings.content == ROOT / "content", "an empty variable counts as unset"
    assert settings.base_url == "https://teapots.example"
    assert Settings(port=1).port == 1, "what is given wins"


def test_every_setting_is_a_flag_of_serve_and_the_pages_say_so() -> None:
    result = run("serve", "--help")
    flags = set(re.findall(r"^ +(--[a-z-]+)", result.stdout, re.MULTILINE))
    wanted = {f"--{name.replace('_', '-')}" for name in Settings.model_fields}
    assert len(wanted) >= 14
    assert flags == wanted


@pytest.mark.slow
def test_the_flags_of_serve_take_effect_and_win(tmp_path: Path) -> None:
    on_the_line = "--cors-origins tauri://localhost --metrics-token told-on-the-line "
    on_the_line += "--base-url https://help.example.com --log-format json"
    with running(
        tmp_path,
        flags=tuple(on_the_line.split()),
        HELP_BASE_URL="https://other.example",
        HELP_METRICS_TOKEN="x" * 12,
    ) as server:
        answer = server.get("/api/v1/issues", Origin="tauri://localhost")
        assert answer.headers["access-control-allow-origin"] == "tauri://localhost"
        assert b'href="https://help.example.com/"' in server.get("/").body
        assert server.get("/metrics", Authorization="Bearer told-on-the-line").status == 200
        assert server.get("/metrics", Authorization=f"Bearer {'x' * 12}").status == 401
    log = server.log.read_text()
    assert any(line.startswith("{") and "/api/v1/issues" in line for line in log.splitlines())


@pytest.mark.parametrize(
    ("variable", "cure"),
    [
        ("HELP_BASE_URI", "did you mean HELP_BASE_URL?"),
        ("HELP_SINGING", "docs/settings.md lists them"),
        ("HELP_EXTERNA", "did you mean HELP_EXTERNAL?"),
    ],
)
def test_a_variable_that_nothing_reads_is_warned_about(variable: str, cure: str) -> None:
    result = run("check", "--content", str(TEAPOTS), env={variable: "x"})
    assert result.exit_code == 0
    assert f"Warning: {variable} is not a setting; {cure}\n" in result.stderr


def test_a_variable_of_another_command_is_not_warned_about() -> None:
    env = {"HELP_EXCHANGE": "okx", "HELP_FORMAT": "text", "HELP_DEV": "false"}
    result = run("check", "--content", str(TEAPOTS), env=env)
    assert result.stderr == "No mistakes in 8 files.\n"


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://App.Example.com/", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("capacitor://localhost", "capacitor://localhost"),
    ],
)
def test_origins_are_compared_as_browsers_write_them(
    written: str, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELP_CORS_ORIGINS", written)
    assert Settings().cors_origins == (origin,)


@pytest.mark.parametrize(
    "command",
    [[], ["serve"], ["check"], ["new"], ["new", "issue"], ["diagnose"], ["evaluate"]],
    ids=" ".join,
)
def test_help_has_an_example_and_names_the_variables(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Example: helpcenter" in result.stdout
    options = re.findall(r"^ +--([a-z-]+)", result.stdout, re.MULTILINE)
    text = " ".join(result.stdout.split())
    for option in options:
        assert f"HELP_{option.replace('-', '_').upper()}" in text


def test_the_generated_pages_are_up_to_date() -> None:
    generated = pages()
    assert {"docs/cli.md", "docs/rules.md", "schemas/issue.json"} <= set(generated)
    for name, text in generated.items():
        assert (ROOT / name).read_text("utf-8") == text, "run `make docs`"
