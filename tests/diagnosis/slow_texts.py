"""Pieces of text that, repeated, make a careless pattern try again and again."""

PIECES = (
    "a", "A", "0", "1 ", "a ", "abc ", "about ", "about, ", "1. about ", "aA", "aB1", "AbV1/",
    "a-", "a_", "a/", "a.", "A-", "0-", "0:", "[", "\\", '"', "'", "`", "-", "--", "_", "=", ":",
    ".", ",", "/", "|", "<", "<a>", "%25", "%20", "\\n", "\n", "\t", " ", "\r\n", "\x00",
    "&quot;", "&amp;", "secret: ", "password: a", "password: a`", 'secret:\\"\\\'', "cookie: a",
    "set-cookie:", "a@", "@", "a@a.", "a@b ", "a://a@", "://", "-----BEGIN A-----",
    "----BEGIN EC PRIVA", "---BEGIN E", "-----END A-----", "\\\\\\n", "eyJ", "eyJa.", "--secret ",
    "--secret 0000 0000 ", "key", "key ", "key:", "key=", "key: key", "key[", "key\n", "key\n\n",
    "key(", "key (a) ", "key for a ", "key is ", "key_a_a", "key a-", "key<a>", "<key>", "<key a",
    "<key>a<", "key,", "key, ", "key |", "| key | a |\n", "secret | key\n", "passphrase,\n",
    "passphrase\n---\n", "pass ", "pass - ", "pass: a a a\n", "pass:[a", "pass\n> a",
    "passphrase is ", "hasło Krakoa", "passphrase: |\n a", 'name="passphrase" value',
    'passphrase", value', "passphrase) values ('a',", "seed: a ", "seed a a ",
    "recovery phrase abc ", "2fa ", "2fa: 1", "sms code 12345", "values(", "key abcd ",
    "key ab12 ab12 ", "key a1b2c3d4-", "a1b2c3d4-", "key 0a1b2c3d-0a1b-", "PI_S",
    "0a1b2c3d-0a1b-", "uid: ", "account:", "tel: 1", "+1 ", "+12", "4111 ", "DE12 ",
    "00000000: 0000 ", "/home/", "/home/a", "~a", "~a/", "C:\\Users\\", "C:\\Users\\a ",
    "-rw-r--r-- 1 a a 1", "a@b:", "$a$", "$a$aaaaaaaaaaaaaaaaaaaa", " -u a:", " -u a", "-b a",
    "mysql -p", "mysql a ", "echo a ", "net use a", "redis-cli a ", "[1,", "[1, 2",
    "hooks.slack.com/", "organizations/0a", "organizations/00000000/apiKeys/", "gh", "ghp_",
    "sk-", "key removed] ", "[API key removed] ", "[API key removed], ", "[API key removed]\n",
    'key removed]", "a\',\'', '" as my key ', "a as my ", '"a" is my ', "aaaaaa is the ",
    "%22key%22%3a%22", "key%3d", "bearer ", "authorization: ", "authorization=bearer a", "|553=",
    "?sign=", "&token=a", 'x: "secret":', '{"key":"', '{"a":"b",', 'key:"a\\', "пароль ", "密码",
    "密码：", "pass:[a密码：", " 密碼是kao1,", "🔑 ", "k:", "sk:", "sign ", "auth ", "ſ", "İ",
    "203.0.113.9:8080.", "�",
)  # fmt: skip


def slow_texts(size: int) -> list[str]:
    """Return texts of `size` characters, each of one piece."""
    return [(piece * size)[:size] for piece in PIECES]
