"""OpenID Connect providers: discovery, authorization code with PKCE, ID tokens checked against their keys.

OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636 (PKCE), RFC 9700 (what is good practice).
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from meeting_system.kernel.clock import Clock
from meeting_system.kernel.errors import Forbidden, Unavailable
from meeting_system.kernel.login import Asked, Claims

TIMEOUT_S = 10.0
LEEWAY_S = 60
KEYS_KEPT_S = 3600.0
KEYS_ASKED_AGAIN_S = 30.0
"""Unknown key ids make us look for new keys, but not more often: anybody can write any key id."""
LARGEST = 256 * 1024
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures that need the provider's private key: never HMAC, never none."""


class ProviderFailed(Unavailable):
    """The provider does not answer, or not as it should."""

    code = "provider_failed"


class ProviderRefused(Forbidden):
    """The provider did not vouch for this log-in."""

    code = "sso_refused"


@dataclass(frozen=True)
class OidcClient:
    """How we are registered at a provider."""

    issuer: str
    client_id: str
    client_secret: str | None
    scopes: tuple[str, ...] = ("openid", "email", "profile")


@dataclass
class _Known:
    """What was learnt of a provider, and when."""

    metadata: dict[str, Any]
    keys: KeySet
    at: float


@dataclass
class OidcProvider:
    """The LoginProvider port on one provider. Its addresses and keys are asked for at the first log-in."""

    client: OidcClient
    http: httpx2.AsyncClient
    clock: Clock
    _known: _Known | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def address(self, asked: Asked, redirect_uri: str) -> str:
        """Return where the browser goes to log in."""
        known = await self._learn()
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.client.scopes),
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": create_s256_code_challenge(asked.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = str(known.metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def redeem(self, code: str, asked: Asked, redirect_uri: str) -> Claims:
        """Exchange a code for who it is. Errors: provider_failed, sso_refused."""
        known = await self._learn()
        answer = await self._exchange(known, code, asked, redirect_uri)
        claims = await self._open(known, str(answer.get("id_token") or ""), asked, answer)
        claims |= await self._ask_user_info(known, claims, str(answer.get("access_token") or ""))
        name = claims.get("name") or claims.get("preferred_username")
        return Claims(
            subject=str(claims["sub"]),
            email=claims["email"] if isinstance(claims.get("email"), str) else None,
            # Some providers write it as text.
            email_verified=claims.get("email_verified") in (True, "true"),
            name=name if isinstance(name, str) else None,
        )

    async def _exchange(self, known: _Known, code: str, asked: Asked, redirect_uri: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": asked.verifier,
            "client_id": self.client.client_id,
        }
        secret = self.client.client_secret
        supported = known.metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        in_header = secret is not None and "client_secret_basic" in supported
        if secret is not None and not in_header:
            form["client_secret"] = secret
        auth = httpx2.BasicAuth(self.client.client_id, secret) if in_header and secret else None
        return await self._ask("POST", known.metadata["token_endpoint"], data=form, auth=auth)

    async def _open(self, known: _Known, token: str, asked: Asked, answer: dict[str, Any]) -> dict[str, Any]:
        """Check an ID token (Core 1.0, section 3.1.3.7) and return what it says."""
        try:
            decoded = await self._decode(known, token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": known.metadata["issuer"]},
                    "aud": {"essential": True, "value": self.client.client_id},
                },
                params={
                    "nonce": asked.nonce,
                    "client_id": self.client.client_id,
                    "access_token": answer.get("access_token"),
                },
            )
            claims.validate(now=int(self.clock.now().timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderRefused("the provider's answer does not prove this log-in: try again") from error
        return dict(claims)

    async def _decode(self, known: _Known, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, known.keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have new keys since we asked.
            newer = await self._learn(older_than_s=KEYS_ASKED_AGAIN_S)
            if newer is known:
                raise
            return jwt.decode(token, newer.keys, algorithms=ALGORITHMS)

    async def _ask_user_info(
        self, known: _Known, claims: dict[str, Any], access_token: str
    ) -> dict[str, Any]:
        """Ask for the address and name where the ID token doesn't say them. Only of the same subject."""
        endpoint = known.metadata.get("userinfo_endpoint")
        if not endpoint or not access_token or claims.get("email"):
            return {}
        info = await self._ask("GET", endpoint, headers={"Authorization": f"Bearer {access_token}"})
        if info.get("sub") != claims["sub"]:
            raise ProviderRefused("the provider speaks of two people at once")
        return {name: info[name] for name in ("email", "email_verified", "name") if name in info}

    async def _learn(self, *, older_than_s: float = KEYS_KEPT_S) -> _Known:
        """Return addresses and keys; ask for them when what is known is older."""
        async with self._lock:
            now = self.clock.monotonic()
            if self._known is not None and now - self._known.at < older_than_s:
                return self._known
            issuer = self.client.issuer.rstrip("/")
            metadata = await self._ask("GET", f"{issuer}/.well-known/openid-configuration")
            # Mix-up: another issuer's addresses would send our codes there (Discovery, section 4.3).
            if str(metadata.get("issuer", "")).rstrip("/") != issuer:
                raise ProviderFailed(f"{issuer} says that it is another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._check_address(str(metadata.get(name, "")), name)
            keys = await self._ask("GET", metadata["jwks_uri"])
            try:
                self._known = _Known(metadata, KeySet.import_key_set(keys), now)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise ProviderFailed(f"{issuer} has keys that can't be read") from error
            return self._known

    def _check_address(self, url: str, name: str) -> None:
        """Refuse to be sent from HTTPS to something weaker."""
        scheme = urlsplit(url).scheme
        if scheme != "https" and not (scheme == "http" and self.client.issuer.startswith("http://")):
            raise ProviderFailed(f"{self.client.issuer} gives no HTTPS address as {name}")

    async def _ask(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                answer = await self.http.request(method, url, headers=how.pop("headers", None), **how)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError) as error:
            raise ProviderFailed(f"{urlsplit(url).netloc} does not answer") from error
        if answer.status_code in {400, 401, 403}:
            raise ProviderRefused(f"{urlsplit(url).netloc} refuses: {_reason(answer)}")
        content = _read(answer)
        if content is None:
            raise ProviderFailed(f"{urlsplit(url).netloc} answers something else than asked for")
        return content


def _read(answer: httpx2.Response) -> dict[str, Any] | None:
    """Return the JSON object that was answered, None where it is something else."""
    if answer.status_code != 200 or len(answer.content) > LARGEST:
        return None
    try:
        content = answer.json()
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _reason(answer: httpx2.Response) -> str:
    """Return the error's code of RFC 6749, never a text that may carry what we sent."""
    try:
        code = answer.json().get("error", "")
    except (ValueError, AttributeError):
        return str(answer.status_code)
    return code if isinstance(code, str) and code.isidentifier() else str(answer.status_code)


def open_http() -> httpx2.AsyncClient:
    """Return the client that asks providers. Redirects aren't followed: the issuer names its addresses."""
    return httpx2.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False)
