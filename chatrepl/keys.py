"""Where an API key comes from, and to which server it may go. A key is never shown, logged or pickled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from chatrepl import keychain
from chatrepl.base_url import OPENAI_BASE_URL
from chatrepl.environment import Environment, make_private_directory
from chatrepl.errors import ConfigError
from chatrepl.providers import OPENAI, Provider, at_address, in_use, provider_at
from chatrepl.redact import mask_key, mask_keys
from chatrepl.servers import host_of, is_same_server, server_of
from chatrepl.settings import Settings

if TYPE_CHECKING:
    from chatrepl.entries import ProviderSettings

KEYRING = "the system's keyring"
COMMAND_TIMEOUT_S = 30.0
"""How long a command may take to print a key: enough to type a passphrase."""

_FILE_LIMIT_BYTES = 65_536
_KEY_LIMIT_CHARS = 8192  # tokens of identity services have about 2000
_OPENAI_VARIABLE = "OPENAI_API_KEY"


class Key:
    """An API key that keeps itself secret: only ``value`` gives it away."""

    __slots__ = ("_header", "_source", "_value")

    def __init__(self, value: str, source: str, header: str | None = None) -> None:
        self._value = value
        self._source = source
        self._header = header

    @property
    def header(self) -> str | None:
        """The header that must carry it, whatever the provider's usual one. None: the usual one."""
        return self._header

    @property
    def value(self) -> str:
        """The key itself, for the request's header and nothing else."""
        return self._value

    @property
    def source(self) -> str:
        """Where it came from, in words for the user: a variable, a file, a command."""
        return self._source

    @property
    def masked(self) -> str:
        """The key as it may be shown."""
        return mask_key(self._value)

    def __repr__(self) -> str:
        return f"Key({self.masked!r}, source={self._source!r})"

    def __str__(self) -> str:
        return self.masked

    def __format__(self, spec: str) -> str:
        return format(self.masked, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    @property
    def _parts(self) -> tuple[str, str, str | None]:
        return self._value, self._source, self._header

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is not pickled or copied: it would lie open in what is written.")


def find_key(settings: Settings, environment: Environment, base_url: str) -> Key | None:
    """Return the key for a server. None where there is none that may be sent there.

    In this order: what ``[providers.NAME]`` says, ``api_key_env``, ``api_key_command``, ``api_key_file``, the variables
    of the provider, the system's keyring, a key that was pasted for this server. The three at the top of the file go only
    to the ``base_url`` beside them, or to OpenAI without one. ``OPENAI_API_KEY`` goes to OpenAI, to the ``base_url`` that
    ``OPENAI_BASE_URL`` gives, and to a ``base_url`` from anywhere else as long as it is not of a provider with a variable
    of its own.

    Raises:
        ConfigError: a source that the user named does not give a key, or what it gives is none.
    """
    provider = provider_for(settings, base_url)
    ours = settings.providers.get(provider.name)
    if ours is not None:
        key = _from_named(ours, environment, f"providers.{provider.name}.")
        if key is not None:
            return key
    if _is_chosen(settings, base_url):
        key = _from_named(settings, environment)
        if key is not None:
            return key
    for variable in _variables(settings, environment, base_url, provider):
        if key := _from_variable(environment, variable):
            return key
    for variable in provider.token_variables if _is_safe(provider, base_url) else ():
        if key := _from_variable(environment, variable):
            return Key(key.value, key.source, "Authorization")
    return _kept_key(environment, base_url)


def provider_for(settings: Settings, base_url: str) -> Provider:
    """Return the provider that a server belongs to, as the settings have it."""
    provider = in_use(settings)
    return provider if provider.base_url == base_url else at_address(base_url, settings.providers)


def _kept_key(environment: Environment, base_url: str) -> Key | None:
    """Return a key that was given to ``save_key`` for a server."""
    path = _saved_path(environment, base_url)
    if _exists(path):
        return _from_file(environment, path)
    if not _exists(_keyring_mark(environment, base_url)):
        return None  # a keyring is slow to ask, and may wait for a passphrase
    value = keychain.read(saved_name(base_url))
    return Key(_clean(value, KEYRING), KEYRING) if value else None


def is_key_needed(base_url: str) -> bool:
    """Whether a server is known to answer nobody without a key; others are asked first."""
    return provider_at(base_url).needs_key


def key_hint(base_url: str) -> str:
    """Return a sentence that says where a key for this server would be looked for."""
    variable = next(iter(provider_at(base_url).key_variables), _OPENAI_VARIABLE)
    return f"Put the key for {host_of(base_url)} into {variable}, or set api_key_env, api_key_command or api_key_file."


def save_key_in_keyring(environment: Environment, text: str, base_url: str) -> str:
    """Keep a pasted key in the system's keyring, for this server only; returns where, in words.

    Raises:
        ConfigError: the text cannot be a key, there is no keyring that takes it, or the disk does not do its part.
    """
    keychain.keep(saved_name(base_url), _pasted(text))
    _write_kept(_keyring_mark(environment, base_url), "in the system's keyring\n")
    return KEYRING


def _keyring_mark(environment: Environment, base_url: str) -> Path:
    """Return the file that says that the key for a server is in the keyring."""
    path = _saved_path(environment, base_url)
    return path.with_name(f"{path.name}.in-keyring")


def _write_kept(path: Path, text: str) -> None:
    try:
        make_private_directory(path.parent).chmod(0o700)
        _write_private(path, text)
    except OSError as error:
        raise ConfigError(
            f"The key could not be kept in {path}: {error.strerror}.",
            hint="Set the variable instead; it is read at every start.",
            file=str(path),
        ) from None


def remove_key(environment: Environment, base_url: str) -> tuple[str, ...]:
    """Forget the keys that ``save_key`` kept for a server; returns where they were, in words.

    Raises:
        ConfigError: where one of them cannot be removed.
    """
    removed: list[str] = []
    path = _saved_path(environment, base_url)
    if _exists(path):
        try:
            path.unlink()
        except OSError as error:
            raise ConfigError(f"The key file {path} cannot be removed: {error.strerror}.") from None
        removed.append(_short(environment, path))
    mark = _keyring_mark(environment, base_url)
    if _exists(mark):
        keychain.remove(saved_name(base_url))
        mark.unlink(missing_ok=True)
        removed.append(KEYRING)
    return tuple(removed)


def _pasted(text: str) -> str:
    value = _clean(text, "What was pasted")
    if not value:
        raise ConfigError("What was pasted is empty.", hint="Paste the key as the provider shows it.")
    return value


def pasted_key(text: str) -> Key:
    """Return a key that was just typed, to be tried before it is kept.

    Raises:
        ConfigError: the text cannot be a key.
    """
    return Key(_pasted(text), "what was typed")


def save_key(environment: Environment, text: str, base_url: str = OPENAI_BASE_URL) -> Path:
    """Keep a pasted key in an owner-only file, which ``find_key`` reads for this server only.

    Raises:
        ConfigError: the text cannot be a key, or the file cannot be written.
    """
    value = _pasted(text)
    path = _saved_path(environment, base_url)
    _write_kept(path, f"{value}\n")
    return path


def _is_chosen(settings: Settings, base_url: str) -> bool:
    """Whether what stands at the top of the file is meant for a server."""
    if settings.base_url is None and settings.provider is not None:
        return settings.provider == OPENAI and is_same_server(OPENAI_BASE_URL, base_url)
    return is_same_server(settings.base_url or OPENAI_BASE_URL, base_url)


def _is_safe(provider: Provider, base_url: str) -> bool:
    """Whether a provider's own key may be sent to an address: in the clear only to a program of the user's own."""
    return base_url.lower().startswith("https:") or not provider.is_hosted


def _from_named(
    settings: Settings | ProviderSettings, environment: Environment, prefix: str = ""
) -> Key | None:
    """Ask the sources that the user named. An unset variable is an error only where it is the only one."""
    if settings.api_key_env:
        if key := _from_variable(environment, settings.api_key_env):
            return key
        if not settings.api_key_command and not settings.api_key_file:
            raise ConfigError(
                f"The variable {mask_keys(settings.api_key_env)} is not set, and {prefix}api_key_env says that the key"
                " is there.",
                hint=f"Type: export {mask_keys(settings.api_key_env)}=… or change {prefix}api_key_env.",
                key=f"{prefix}api_key_env",
            )
    if settings.api_key_command:
        return _from_command(environment, settings.api_key_command)
    if settings.api_key_file:
        return _from_file(environment, environment.expand(settings.api_key_file), f"{prefix}api_key_file")
    return None


def _variables(
    settings: Settings, environment: Environment, base_url: str, provider: Provider
) -> Iterator[str]:
    """Yield the variables whose key may go to a server, best first."""
    if provider.key_variables:
        yield from provider.key_variables if _is_safe(provider, base_url) else ()
    elif settings.base_url and is_same_server(settings.base_url, base_url):
        yield _OPENAI_VARIABLE
    named = environment.variables.get("OPENAI_BASE_URL", "").strip()
    if named and is_same_server(named, base_url):
        yield _OPENAI_VARIABLE


def _from_variable(environment: Environment, variable: str) -> Key | None:
    value = _clean(environment.variables.get(variable, ""), f"The variable {variable}")
    return Key(value, variable) if value else None


def _from_command(environment: Environment, command: tuple[str, ...]) -> Key:
    name = mask_keys(command[0])
    arguments = [str(environment.expand(word)) if word.startswith("~/") else word for word in command]
    output = _run(arguments, name, environment)
    lines = output.decode("utf-8", "replace").strip().splitlines()
    value = _clean(lines[0] if lines else "", f"What the command `{name}` printed")
    if not value:
        raise _command_error(
            f"The command `{name}` printed no key.", "It must print the key in its first line."
        )
    return Key(value, f"the command `{name}`")


def _run(arguments: list[str], name: str, environment: Environment) -> bytes:
    import subprocess

    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
            env=dict(environment.variables),
        )
    except subprocess.TimeoutExpired:
        raise _command_error(
            f"The command `{name}` gave no key within {COMMAND_TIMEOUT_S:g} seconds.",
            "It cannot ask on standard input; try it in the shell first.",
        ) from None
    except FileNotFoundError:
        raise _command_error(f"There is no command `{name}`.", "Correct api_key_command.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "a word of it holds the character NUL"
        raise _command_error(f"The command `{name}` could not be run: {reason}.") from None
    if done.returncode:
        raise _command_error(_failure(name, done.returncode, done.stdout, done.stderr))
    return done.stdout


def _failure(name: str, status: int, stdout: bytes, stderr: bytes) -> str:
    """Describe a failed command with the last line it complained with, free of keys and of terminal controls."""
    how = f"ended with exit status {status}" if status > 0 else f"was ended by signal {-status}"
    printed = stdout.decode("utf-8", "replace").split()
    complaints = [line for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    last = (
        mask_keys(complaints[-1].strip(), [word for word in printed if len(word) >= 8]) if complaints else ""
    )
    last = "".join(character for character in last if character.isprintable())[:200]
    return f"The command `{name}` {how}{f': {last}' if last else ' and said nothing.'}"


def _command_error(
    message: str, hint: str = "Try the command of api_key_command in the shell."
) -> ConfigError:
    return ConfigError(message, hint=hint, key="api_key_command")


def _from_file(environment: Environment, path: Path, setting: str | None = None) -> Key:
    name = mask_keys(_short(environment, path))
    try:
        with path.open("rb") as file:
            _check_private(os.fstat(file.fileno()), path, name)
            content = file.read(_FILE_LIMIT_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name holds the character NUL"
        raise ConfigError(
            f"The key file {name} cannot be read: {reason}.",
            hint=f"Correct {setting}." if setting else None,
            file=name,
            key=setting,
        ) from None
    value = _clean(content.decode("utf-8", "replace"), f"The key file {name}")
    if not value:
        raise ConfigError(
            f"The key file {name} is empty.", hint="It must hold the key and nothing else.", file=name
        )
    return Key(value, _short(environment, path))


def _check_private(status: os.stat_result, path: Path, name: str) -> None:
    """Refuse a file that others can read or change. Windows has no such bits."""
    import shlex
    import stat

    if os.name == "nt" or not stat.S_ISREG(status.st_mode) or not status.st_mode & 0o077:
        return
    raise ConfigError(
        f"The key file {name} can be read or changed by others (mode {status.st_mode & 0o777:04o}).",
        hint=f"Type: chmod 600 {shlex.quote(str(path))}",
        file=name,
    )


def _clean(text: str, source: str) -> str:
    """Return a key without what copying and shells leave around it; empty where nothing is left.

    Raises:
        ConfigError: what is left cannot be a key; it is not shown.
    """
    value = text.strip().strip("\"'").strip()
    if not value:
        return ""
    problem = None
    if value.lower().startswith("bearer "):
        problem = "begins with 'Bearer', which chatrepl adds itself"
    elif len(value) > _KEY_LIMIT_CHARS:
        problem = "is far too long"
    elif any(character.isspace() for character in value):
        problem = "has blanks or several lines in it"
    elif not value.isascii():
        problem = "has characters in it that no key has, perhaps dots or quotation marks from a web page"
    elif not value.isprintable():
        problem = "has control characters in it"
    if problem:
        raise ConfigError(
            f"{source} is not a key: it {problem}.", hint="Copy the key once more, and only the key."
        )
    return value


def _saved_path(environment: Environment, base_url: str) -> Path:
    """Return the file of a pasted key: ``key`` for OpenAI, ``key.HOST`` for any other server."""
    name = saved_name(base_url)
    return environment.config_directory / (f"key.{name}" if name else "key")


def saved_name(base_url: str) -> str:
    """Return the name under which the key for a server is kept; empty for OpenAI."""
    if is_same_server(base_url, OPENAI_BASE_URL):
        return ""
    scheme, host, port = server_of(base_url)
    name = "".join(character if character.isalnum() or character in ".-" else "_" for character in host)
    place = "" if scheme == "https" and port == 443 else f"_{port}"
    return f"{name}{place}"


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, so that it is there whole or not at all."""
    import secrets

    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _short(environment: Environment, path: Path) -> str:
    home = environment.variables.get("HOME")
    return f"~/{path.relative_to(home)}" if home and path.is_relative_to(home) else str(path)
