"""The address of a judge's endpoint and the secrets that open it, which come from the environment only."""

import base64
import os
import re
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

from evalkit.clients.endpoint import Endpoint
from evalkit.errors import ConfigError
from evalkit.judge_spec import check_address
from evalkit.redaction import SHORTEST_SECRET, Redactor, query_secrets
from evalkit.types import ModelConfig, Tls

DEFAULT_BASE_URL = "https://api.openai.com/v1"
NO_KEY = "none"
# common keys go to their own hosts only: a judge's file must not be able to send them elsewhere
KEY_HOSTS = {
    "OPENAI_API_KEY": ("api.openai.com", ".api.openai.com"),
    "AZURE_OPENAI_API_KEY": (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"),
    "ANTHROPIC_API_KEY": ("api.anthropic.com",),
    "GEMINI_API_KEY": ("generativelanguage.googleapis.com",),
    "GOOGLE_API_KEY": ("generativelanguage.googleapis.com",),
    "OPENROUTER_API_KEY": ("openrouter.ai",),
    "MISTRAL_API_KEY": ("api.mistral.ai",),
    "GROQ_API_KEY": ("api.groq.com",),
    "DEEPSEEK_API_KEY": ("api.deepseek.com",),
    "TOGETHER_API_KEY": ("api.together.xyz", "api.together.ai"),
    "HF_TOKEN": (".huggingface.co", ".huggingface.cloud"),
    "GITHUB_TOKEN": ("models.github.ai",),
    # keys that no chat endpoint takes
    "AWS_SECRET_ACCESS_KEY": (),
    "AWS_SESSION_TOKEN": (),
}
ALLOWED_HOSTS_VARIABLE = "EVALKIT_KEY_HOSTS"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Address:
    """An endpoint ready to be opened; `headers` carry the key, and `secrets` must never be repeated."""

    base_url: str
    headers: Mapping[str, str]
    secrets: tuple[str, ...]
    tls: Tls

    @property
    def chat_url(self) -> str:
        """The address of chat completions; a query of the base address stays behind the path."""
        parts = urlsplit(self.base_url)
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/chat/completions"))

    @property
    def loopback(self) -> bool:
        return _loopback(self.base_url)

    @property
    def proxy(self) -> str | None:
        """The proxy that the environment names; a password file in the home folder is never read."""
        parts = urlsplit(self.base_url)
        # the loopback of a proxy is another machine
        if self.loopback or urllib.request.proxy_bypass(parts.hostname or ""):
            return None
        proxies = urllib.request.getproxies()
        named = proxies.get(parts.scheme) or proxies.get("all")
        return named if not named or "://" in named else f"http://{named}"

    @property
    def proxy_kind(self) -> str:
        """The protocol of the proxy, such as `socks5`; empty without a proxy."""
        return urlsplit(self.proxy or "").scheme

    def redact(self, text: str) -> str:
        """The text without any of the secrets, which endpoints may echo."""
        return Redactor(self.secrets).known(text)

    def redact_bytes(self, body: bytes) -> bytes:
        return self.redact(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def __repr__(self) -> str:
        return f"Address({endpoint_name(self.base_url)})"


def read_address(config: ModelConfig) -> Address:
    """The endpoint of a judge, its key and headers filled from the environment.

    Raises:
        ConfigError: a variable is not set, a certificate cannot be read, or a secret would go to a host or over a
            connection that it must not.
    """
    in_address: dict[str, str] = {}
    written = _base_url(config, in_address)
    base_url, user = _without_user(written)
    in_headers: dict[str, str] = {}
    headers = _headers(config, user, in_headers)
    if not (in_headers or user or config.key_variable == NO_KEY or _loopback(base_url)):
        raise ConfigError(
            f"judge {config.name!r}: the environment variable {config.key_variable} is not set. "
            "Set it to the endpoint's key, write key_variable: none for an endpoint without keys, "
            "or use --judge surface, which needs none"
        )
    secrets = {*in_headers.values(), *_secrets_in(written, in_address)}
    _check_line(config, base_url, secret=bool(secrets))
    _check_hosts(config, base_url, {**in_address, **in_headers})
    _check_tls(config, base_url)
    longest_first = sorted((secret for secret in secrets if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
    return Address(base_url, headers, tuple(longest_first), config.tls)


def trust(tls: Tls) -> ssl.SSLContext:
    """The trust of a connection: this machine's authorities, and the judge's own files.

    Raises:
        OSError, ssl.SSLError: a file cannot be read.
    """
    context = ssl.create_default_context()
    if tls.ca:
        context.load_verify_locations(tls.ca)
    if tls.certificate:
        context.load_cert_chain(tls.certificate, tls.key)
    return context


def http_endpoint(config: ModelConfig) -> Endpoint:
    return Endpoint(endpoint_name(_base_url(config, {})))


def endpoint_name(url: str) -> str:
    """Host, port and path of an address, without the user names, passwords and queries, which never enter a key."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}{parts.path.rstrip('/')}"


def _base_url(config: ModelConfig, used: dict[str, str]) -> str:
    if config.base_url is not None:
        url = _fill(config, config.base_url, "base_url", used)
        check_address(url, f"judge {config.name!r}: base_url", shown=config.base_url)
        return url
    named = os.environ.get("OPENAI_BASE_URL")
    if not named:
        return DEFAULT_BASE_URL
    check_address(named, "OPENAI_BASE_URL")
    return named


def _without_user(url: str) -> tuple[str, str | None]:
    """The address without user and password, and the header's value that any client can send instead."""
    parts = urlsplit(url)
    if parts.username is None:
        return url, None
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return plain, f"Basic {base64.b64encode(pair.encode()).decode()}"


def _secrets_in(url: str, variables: Mapping[str, str]) -> Iterator[str]:
    """The secret parts of an address; a variable in the name of its host is not secret."""
    parts = urlsplit(url)
    yield from (value for value in variables.values() if value in f"{parts.query} {parts.path}")
    yield from (form for value in query_secrets(parts.query) for form in (value, unquote(value)))
    if parts.username is not None:
        said = parts.password or parts.username
        _, header = _without_user(url)
        assert header is not None
        yield from (said, unquote(said), header.removeprefix("Basic "))


def _headers(config: ModelConfig, user: str | None, used: dict[str, str]) -> dict[str, str]:
    """The headers that open the endpoint; the variables that filled them are noted in `used`."""
    headers = {} if user is None else {"Authorization": user}
    for name, value in config.headers.items():
        headers[name] = _fill(config, value, f"headers: {name}", used)
    # many key files end with a line break
    key = "" if config.key_variable == NO_KEY else os.environ.get(config.key_variable, "").strip()
    if key:
        if config.key_header.lower() in map(str.lower, headers):
            raise ConfigError(
                f"judge {config.name!r}: {config.key_variable} is set, and base_url or headers have another "
                f"{config.key_header}. Write key_variable: none, or leave the other out"
            )
        used[config.key_variable] = key
        headers[config.key_header] = f"Bearer {key}" if config.key_header.lower() == "authorization" else key
    for name, value in headers.items():
        if not (value.isprintable() and value.isascii()):
            raise ConfigError(
                f"judge {config.name!r}: headers: {name}: its value holds a character that no header can hold, "
                "such as a line break. Set the variable again without it"
            )
    return headers


def _fill(config: ModelConfig, value: str, where: str, used: dict[str, str]) -> str:
    """The value with its ${VARIABLES} from the environment, which are noted in `used`."""

    def replaced(match: re.Match[str]) -> str:
        name = match.group(1)
        if not os.environ.get(name):
            raise ConfigError(f"judge {config.name!r}: {where}: the environment variable {name} is not set")
        used[name] = os.environ[name]
        return os.environ[name]

    return _VARIABLE.sub(replaced, value)


def _check_line(config: ModelConfig, base_url: str, *, secret: bool) -> None:
    parts = urlsplit(base_url)
    if parts.scheme != "http" or config.plain_http or _loopback(base_url):
        return
    if secret or config.base_url is not None:
        raise ConfigError(
            f"judge {config.name!r}: base_url: {parts.hostname} would be asked over plain http, where keys and texts "
            "can be read. Use https, or write plain_http: true for a network that you trust"
        )


def _check_hosts(config: ModelConfig, base_url: str, used: Mapping[str, str]) -> None:
    host = urlsplit(base_url).hostname or ""
    allowed = os.environ.get(ALLOWED_HOSTS_VARIABLE, "").replace(",", " ").lower().split()
    # an address from the environment is the operator's own choice
    if _loopback(base_url) or config.base_url is None or host in allowed:
        return
    for name, value in used.items():
        own = KEY_HOSTS.get(name)
        if own is None or any(host == suffix or (suffix.startswith(".") and host.endswith(suffix)) for suffix in own):
            continue
        # the key itself may be a part of the host's name
        shown = "HOST" if value.lower() in host else host
        raise ConfigError(
            f"judge {config.name!r}: {name} would be sent to {shown}. Name another variable with key_variable, "
            f"or allow the host with {ALLOWED_HOSTS_VARIABLE}={shown}"
        )


def _check_tls(config: ModelConfig, base_url: str) -> None:
    if urlsplit(base_url).scheme == "https":
        try:
            trust(config.tls)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"judge {config.name!r}: tls: {error}") from None


def _loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK
