"""Who asks Marathon: nobody, a user, or a service account of DC/OS that logs in for a token."""

from __future__ import annotations

import base64
from collections.abc import Generator, Mapping

import httpx
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from clew.errors import ClewError

ACCOUNT = "DCOS_SERVICE_ACCOUNT_CREDENTIAL"
USER = "MARATHON_HTTP_AUTH_CREDENTIAL"


class CredentialError(ClewError):
    """Credentials in the environment that make no sense."""


class LoginError(httpx.HTTPError):
    """DC/OS gives no token."""


class Account(msgspec.Struct, frozen=True):
    """As DC/OS gives it to a service."""

    login_endpoint: str
    private_key: str
    """PEM"""
    uid: str
    scheme: str


class _Token(msgspec.Struct):
    token: str


def find_auth(environment: Mapping[str, str]) -> httpx.Auth | None:
    """The account goes before the user. Raises CredentialError."""
    if written := environment.get(ACCOUNT):
        return AccountAuth(*_read_account(written))
    if user := environment.get(USER):
        return _Basic(user)
    return None


def _read_account(written: str) -> tuple[Account, rsa.RSAPrivateKey]:
    hint = "it should be a JSON object with login_endpoint, private_key, scheme RS256 and uid"
    try:
        account = msgspec.json.decode(written, type=Account)
        key = load_pem_private_key(account.private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CredentialError(f"{ACCOUNT} makes no sense: {error}", hint) from error
    if account.scheme != "RS256" or not isinstance(key, rsa.RSAPrivateKey):
        raise CredentialError(f"{ACCOUNT} is not of the scheme RS256", hint)
    return account, key


class _Basic(httpx.Auth):
    def __init__(self, encoded: str) -> None:
        """``encoded``: the base64 of ``user:password``."""
        self._header = f"Basic {encoded}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = self._header
        yield request


class AccountAuth(httpx.Auth):
    """Logs in first, and again when a token is refused, as one whose time is over is."""

    requires_response_body = True

    def __init__(self, account: Account, key: rsa.RSAPrivateKey) -> None:
        self._account = account
        self._key = key
        self._token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        fresh = not self._token
        if fresh:
            self._token = _token((yield self._login()))
        request.headers["authorization"] = f"token={self._token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED and not fresh:
            self._token = ""
            self._token = _token((yield self._login()))
            request.headers["authorization"] = f"token={self._token}"
            yield request

    def _login(self) -> httpx.Request:
        uid = self._account.uid
        return httpx.Request(
            "POST", self._account.login_endpoint, json={"uid": uid, "token": self._signed(uid)}
        )

    def _signed(self, uid: str) -> str:
        """A JSON web token (RFC 7519) that says who it is."""
        parts = [
            _encoded(msgspec.json.encode({"alg": "RS256", "typ": "JWT"})),
            _encoded(msgspec.json.encode({"uid": uid})),
        ]
        signature = self._key.sign(".".join(parts).encode(), padding.PKCS1v15(), hashes.SHA256())
        return ".".join((*parts, _encoded(signature)))


def _token(response: httpx.Response) -> str:
    if response.status_code != httpx.codes.OK:
        raise LoginError(f"{response.request.url} answers a login with {response.status_code}")
    try:
        return msgspec.json.decode(response.content, type=_Token).token
    except msgspec.DecodeError as error:
        raise LoginError(f"{response.request.url} gives no token: {error}") from error


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
