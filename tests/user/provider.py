"""An OpenID Connect provider on this machine, on Authlib's server side: it asks nobody, and says of whoever
comes what a test wrote down. A real one as far as codes, PKCE, keys and tokens go."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from tests.outside import free_port

from meeting_system.kernel.clock import Clock

CLIENT_ID, CLIENT_SECRET = "meeting", "a secret: with/signs"


@dataclass
class Provider:
    """What the provider knows; tests change it."""

    clock: Clock
    port: int = field(default_factory=free_port)
    claims: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "sub-1",
            "email": "Ada@Example.org",
            "email_verified": True,
            "name": "Ada Lovelace",
        }
    )
    keys: list[RSAKey | ECKey] = field(default_factory=lambda: [RSAKey.generate_key(2048, {"kid": "one"})])
    change_token: Any = None
    """Takes the claims of an ID token before they are signed."""
    sign_with: Any = None
    refuse: str | None = None
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    async def discovery(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            }
        )

    async def jwks(self, _request: Request) -> Response:
        return JSONResponse(KeySet(self.keys).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        """Send the browser back with a code, as if somebody had logged in."""
        query = dict(request.query_params)
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        back = {"state": query["state"]}
        if self.refuse is not None:
            back["error"] = self.refuse
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = query
            back["code"] = code
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(back)}", 302)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self._codes.pop(form.get("code", ""), None)  # a code is good once
        right = (
            request.headers.get("authorization") == f"Basic {expected}"
            and asked is not None
            and form.get("redirect_uri") == asked["redirect_uri"]
            and create_s256_code_challenge(form.get("code_verifier", "")) == asked["code_challenge"]
        )
        if not right or asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = secrets.token_urlsafe(16)
        return JSONResponse(
            {
                "access_token": access_token,
                "token_type": "Bearer",
                "id_token": self._sign(asked, access_token),
            }
        )

    async def userinfo(self, _request: Request) -> Response:
        return JSONResponse(self.claims)

    def _sign(self, asked: dict[str, str], access_token: str) -> str:
        now = int(self.clock.now().timestamp())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
            **self.claims,
        }
        if self.change_token is not None:
            claims = self.change_token(claims)
        if self.sign_with is not None:
            made: str = self.sign_with(claims)
            return made
        key = self.keys[0]
        algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
        return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key)


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token with `alg: none`."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def hmac_signed(claims: dict[str, Any], secret: bytes) -> str:
    """Return a token signed with HMAC: no library makes one with a public key."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, claims)]
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


@asynccontextmanager
async def running_provider(clock: Clock) -> AsyncIterator[Provider]:
    """Serve on a port of this machine while the block runs."""
    provider = Provider(clock)
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/jwks", provider.jwks),
            Route("/authorize", provider.authorize),
            Route("/token", provider.token, methods=["POST"]),
            Route("/userinfo", provider.userinfo),
        ]
    )
    config = uvicorn.Config(
        app, host="127.0.0.1", port=provider.port, log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  # uvicorn tells it no other way
            await asyncio.sleep(0.01)
        yield provider
    finally:
        server.should_exit = True
        await task
