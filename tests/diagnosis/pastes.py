"""Made-up pastes: real-looking errors and secrets in the wrappings people paste them in."""

import json
import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

ALPHANUMERIC = string.ascii_letters + string.digits
HEX = "0123456789abcdef"

EVIDENCE = (
    '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}',
    'okx {"msg":"Request header \\"OK-ACCESS-PASSPHRASE\\" incorrect.","code":"50105"}',
    "Your IP 203.0.113.9 is not included in your API key's IP whitelist.",
    "request ip: 2001:db8:85a3::8a2e:370:7334",
    "KC-API-PASSPHRASE error",
    '{"error":["EAPI:Invalid key"]}',
    '["error",10100,"apikey: digest invalid"]',
    "Signature not valid: Incorrect Access key [Access key错误]",
    "binance.exceptions.BinanceAPIException: APIError(code=-1021): Timestamp for this request",
    "Please fix: trading_apiKey -- INVALID_SIGNATURE",
    "passphrase: wrong",
    "secret: is wrong",
    "signature: 401",
    "GET https://api.bybit.com/v5/account/wallet-balance?accountType=UNIFIED",
    "wss://stream.binance.com:9443/ws/btcusdt@kline_1m",
    "2024-05-01T12:00:00.123Z",
    "orderId=1234567890123456789",
    "requestId: 37c541a1-8a1b-4f0a-9b1c-1234567890ab",
    "ccxt 4.5.90",
    "HTTP/1.1 429 Too Many Requests",
)

KEY_NAMES = (
    "apiKey", "api_key", "API_KEY", "X-MBX-APIKEY", "OK-ACCESS-KEY", "KC-API-KEY",
    "X-BAPI-API-KEY", "ACCESS-KEY", "API-Key", "CB-ACCESS-KEY", "X-MEXC-APIKEY", "KEY",
    "X-BX-APIKEY", "bfx-apikey", "secret", "apiSecret", "secretKey", "BINANCE_SECRET",
    "OK-ACCESS-SIGN", "KC-API-SIGN", "X-BAPI-SIGN", "API-Sign", "SIGN", "signature",
    "bfx-signature", "listenKey", "AccessKeyId", "access_token",
)  # fmt: skip
PASSPHRASE_NAMES = (
    "passphrase", "password", "OK-ACCESS-PASSPHRASE", "KC-API-PASSPHRASE", "ACCESS-PASSPHRASE",
    "OKX_PASSPHRASE", "api_passphrase",
)  # fmt: skip

WRAPPINGS: tuple[Callable[[str, str], str], ...] = (
    lambda name, value: json.dumps({"exchange": "okx", name: value, "verbose": True}),
    lambda name, value: json.dumps({name: value}, separators=(",", ":")),
    lambda name, value: json.dumps(json.dumps({name: value, "code": 401})),
    lambda name, value: repr({"id": 7, name: value}),
    lambda name, value: f"{{ {name}: '{value}', verbose: true }}",
    lambda name, value: f'{name} = "{value}"',
    lambda name, value: f"{name}: {value}",
    lambda name, value: f"export {name}={value}",
    lambda name, value: f"  {name}={value}",
    lambda name, value: f"curl -H '{name}: {value}' https://api.example.com/v1/x",
    lambda name, value: f"headers['{name}'] = '{value}'",
    lambda name, value: f"{name} is {value}",
    lambda name, value: f"<{name}>{value}</{name}>",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Paste:
    """A text, the secrets planted in it, and the evidence planted in it."""

    text: str
    secrets: tuple[str, ...]
    evidence: tuple[str, ...]


def make_paste(random: Random) -> Paste:
    """Make one paste of a few lines; the same `random` makes the same paste."""
    lines: list[str] = []
    secrets: list[str] = []
    evidence: list[str] = []
    for _ in range(random.randint(1, 6)):
        if random.random() < 0.5:
            line = random.choice(EVIDENCE)
            evidence.append(line)
        else:
            secret, line = _secret_line(random)
            secrets.append(secret)
        lines.append(line)
    return Paste(random.choice(["\n", "\r\n", "\n\n"]).join(lines), tuple(secrets), tuple(evidence))


def make_hostile_text(random: Random) -> str:
    """Make a heap of labels, delimiters, tokens and odd characters without any sense."""
    pieces = [random.choice(_HOSTILE) for _ in range(random.randint(1, 30))]
    return "".join(
        _token(random, ALPHANUMERIC, random.choice([3, 16, 33, 64])) if piece == "TOKEN" else piece
        for piece in pieces
    )


def _secret_line(random: Random) -> tuple[str, str]:
    kind = random.choice(["key", "key", "passphrase", "bare", "person"])
    if kind == "key":
        secret = random.choice(_KEY_SHAPES)(random)
        return secret, random.choice(WRAPPINGS)(random.choice(KEY_NAMES), secret)
    if kind == "passphrase":
        secret = _token(random, ALPHANUMERIC + "!@#$*", random.randint(8, 20)) + "7"
        return secret, random.choice(WRAPPINGS)(random.choice(PASSPHRASE_NAMES), secret)
    if kind == "bare":
        secret = random.choice(_BARE_SHAPES)(random)
        return secret, random.choice(["{}", "tried {} twice", "-> {},", "Client('{}')"]).format(
            secret
        )
    secret = _token(random, string.ascii_lowercase, 9)
    line = random.choice(
        [
            'File "/home/{}/bot/main.py", line 12',
            "/Users/{}/bot.js:14:3",
            r"C:\Users\{}\bot.exe",
            r'"C:\\Users\\{}\\bot"',
            "mail to {}@example.com",
            "proxy http://{}:pw@10.0.0.5:3128",
        ]
    )
    return secret, line.format(secret)


def _token(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choice(alphabet) for _ in range(length))


def _mixed(random: Random, length: int) -> str:
    """Make a token that has what nearly every random one has: both cases and digits."""
    return f"a7{_token(random, ALPHANUMERIC, length - 6)}Qz4X"


_BARE_SHAPES: tuple[Callable[[Random], str], ...] = (
    lambda random: _mixed(random, 64),
    lambda random: _mixed(random, 43),
    lambda random: "7" + _token(random, HEX, 30) + "b",
    lambda random: "7" + _token(random, HEX, 62) + "b",
    lambda random: f"{_mixed(random, 86)}==",
    lambda random: f"{_mixed(random, 20)}+/{_mixed(random, 20)}/k=",
    lambda random: f"eyJ{_mixed(random, 20)}.{_mixed(random, 30)}.{_mixed(random, 43)}",
    lambda random: f"123456789:{_mixed(random, 35)}",
)
_KEY_SHAPES: tuple[Callable[[Random], str], ...] = (
    *_BARE_SHAPES[:6],
    lambda random: _mixed(random, 18),
    lambda random: f"mx0vgl{_mixed(random, 14)}",
    lambda random: "-".join(_token(random, HEX, n) + "7e" for n in (6, 2, 2, 2, 10)),
    lambda random: "5" + _token(random, HEX, 22) + "b",
)
_HOSTILE = (
    "apiKey", "secret", "passphrase", "password", "signature", "key", "Authorization", "Bearer ",
    "Cookie", "--api-secret", "-u ", " is ", "://", "@", ".com", "/home/", "C:\\Users\\", "eyJ",
    "-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----", "organizations/", "bg_",
    "TOKEN", "TOKEN", "TOKEN", "TOKEN", "invalid", "removed]", "[API key removed]", "-2015",
    "203.0.113.9", "ſKß", "İı", "密码", "：", "😀", "\x00", "\u2028", "\u00a0", "\u202e", "\ud800",
    "\udfff", "&amp;", "&quot;", "\\u0026", '"', "'", "`", ":", "=", ",", ";", "&", "?", "|", "<",
    ">", "(", ")", "[", "]", "{", "}", "\\", "/", " ", "\t", "\n", "\r", ".", "-", "_", "+", '": "',
    '\\"', "\\n",
)  # fmt: skip
