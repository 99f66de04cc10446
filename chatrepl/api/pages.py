"""Fetches a web page that the user named, within limits of time and size."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from chatrepl import __version__
from chatrepl.api.address import ensure_usable, is_loopback, provider_name, shown_url
from chatrepl.api.breakage import kind_of, transport_error
from chatrepl.api.route import find_route
from chatrepl.environment import Environment
from chatrepl.errors import ApiError, AttachmentError
from chatrepl.ports import Page

if TYPE_CHECKING:
    from chatrepl.settings import NetworkSettings

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "Accept": "text/html, text/plain, text/markdown, application/json;q=0.9, image/*;q=0.9, application/pdf;q=0.8, */*;q=0.5",
    "User-Agent": f"chatrepl/{__version__}",
}


def fetch_page(
    url: str,
    network: NetworkSettings,
    open_session: Callable[[], Any],
    *,
    timeout_s: float,
    limit_bytes: int,
    monotonic: Callable[[], float] = time.monotonic,
) -> Page:
    """Fetch a page; no key, no cookie and no password of this machine goes with the request.

    A page of another machine may not send the request to this one: what answers here was not asked for by the user.

    Raises:
        AttachmentError: the server refuses, the page is too large, or it takes too long.
        ApiError: the server cannot be reached.
    """
    deadline = monotonic() + timeout_s
    with contextlib.closing(open_session()) as session:
        session.trust_env = True
        for _ in range(MAX_REDIRECTS + 1):
            response = _get(session, url, network, max(0.1, deadline - monotonic()))
            with contextlib.closing(response):
                target = response.headers.get("location", "")
                if response.status_code in _REDIRECTS and target:
                    url = _next(url, target)
                    continue
                if not 200 <= response.status_code < 300:
                    raise AttachmentError(
                        f"{shown_url(url)}: {provider_name(url)} answers {response.status_code}.",
                        hint="Open it in a browser, save it as a file, and attach that.",
                    )
                data = _read(response, url, limit_bytes, lambda: monotonic() > deadline, timeout_s)
                return Page(url, response.headers.get("content-type", ""), data)
    raise AttachmentError(f"{shown_url(url)}: {provider_name(url)} redirects in circles.")


def _get(session: Any, url: str, network: NetworkSettings, left_s: float) -> Any:
    ensure_usable(url)
    found = session.merge_environment_settings(url, {}, True, True, None)
    route = find_route(url, network, found["proxies"], Environment().variables)
    connect_s, read_s = min(left_s, network.connect_timeout_s), left_s
    try:
        return session.request(
            "GET",
            url,
            headers=_HEADERS,
            auth=lambda request: request,  # so that .netrc is left alone
            timeout=(connect_s, read_s),
            stream=True,
            allow_redirects=False,
            proxies={"http": route.proxy, "https": route.proxy},
            verify=route.trusted,
        )
    except ApiError:
        raise
    except Exception as error:
        if kind_of(error) is None:
            raise
        raise transport_error(
            error, url, connect_timeout_s=connect_s, read_timeout_s=read_s, proxy_name=route.proxy_name
        ) from error


def _next(url: str, target: str) -> str:
    try:
        following = urljoin(url, target)
        scheme = urlsplit(following).scheme
    except ValueError:
        following = scheme = ""
    if scheme not in {"http", "https"}:
        raise AttachmentError(f"{shown_url(url)}: {provider_name(url)} redirects to what is no web page.")
    if is_loopback(following) and not is_loopback(url):
        raise AttachmentError(
            f"{shown_url(url)}: {provider_name(url)} redirects to this machine, which it has no business with."
        )
    return following


def _read(response: Any, url: str, limit_bytes: int, is_late: Callable[[], bool], timeout_s: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while data := _piece(response, url, size):
        pieces.append(data)
        size += len(data)
        if size > limit_bytes:
            raise AttachmentError(
                f"{shown_url(url)} is larger than {limit_bytes:,} bytes.",
                hint="attachments.limit_file_bytes allows more, or attach a part of it as a file.",
            )
        if is_late():
            raise AttachmentError(
                f"{shown_url(url)} took longer than {timeout_s:g} s.",
                hint="attachments.page_timeout_s allows more.",
            )
    return b"".join(pieces)


def _piece(response: Any, url: str, size: int) -> bytes:
    try:
        data: bytes = response.raw.read1(65536, decode_content=True)
    except Exception as error:
        if kind_of(error) is None:
            raise
        raise AttachmentError(
            f"{shown_url(url)} broke off after {size:,} bytes.", hint="Try again."
        ) from error
    return data
