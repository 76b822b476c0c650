"""A certificate from an authority that speaks ACME (RFC 8555), such as Let's Encrypt, proved over HTTP-01.

The key and the chain lie in one file, which one rename replaces: they always belong together. `obtain` blocks
for as long as the authority takes; it runs in a thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from acme import challenges, crypto_util, errors, messages
from acme.client import ClientNetwork, ClientV2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from meeting_system.adapters.acme_folder import Issued, Publish, ascii_name, find_issued
from meeting_system.adapters.tls import replace_private
from meeting_system.kernel.errors import AppError, Invalid, Unavailable

REQUEST_S = 30
ORDER_S = 120
NONCES = 6
"""Tried for one request."""


class AcmeUnavailable(Unavailable):
    """The authority does not answer, or not as one."""

    code = "acme_unavailable"


class AcmeRefused(Invalid):
    """The authority refuses the account or the order; the message has its words."""

    code = "acme_refused"


class ChallengeFailed(Invalid):
    """The authority did not find us under the domain."""

    code = "acme_challenge_failed"


class AcmeKeyBroken(AppError):
    """The account's key can't be read; it is not overwritten, since an account may be bound to it."""

    code = "acme_key_broken"


@dataclass(frozen=True)
class Authority:
    """Whom to ask, and as whom. `trust`: who signed the certificate of its own HTTPS, None: as usual."""

    directory_url: str
    email: str | None
    trust: Path | None


def obtain(folder: Path, domain: str, authority: Authority, publish: Publish) -> Issued:
    """Order a certificate for the domain and write it into `folder`.

    Raises AcmeUnavailable, AcmeRefused, ChallengeFailed, AcmeKeyBroken; what lies there stays then.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = ascii_name(domain)
    account_key = JWKEC(key=_load_or_make_key(folder / "account.key"))
    key = _pem(ec.generate_private_key(ec.SECP256R1()))
    with translating(authority, domain):
        client = _enter(authority, account_key)
        order = client.new_order(crypto_util.make_csr(key, [name]))
        for authorization in order.authorizations:
            _prove(client, authorization, account_key, publish)
        # The library compares with local time.
        deadline = datetime.now() + timedelta(seconds=ORDER_S)  # noqa: DTZ005
        chain = client.poll_and_finalize(order, deadline).fullchain_pem
    replace_private(folder / "server.pem", chain.encode() + key)
    issued = find_issued(folder, domain)
    if issued is None:
        raise AcmeRefused(f"{authority.directory_url} gave a certificate that is not for {domain}")
    return issued


class PatientNetwork(ClientNetwork):
    """Asks again where the server took a nonce for stale: RFC 8555, 6.5. The library does it once only."""

    def post(self, *args: Any, **options: Any) -> requests.Response:
        for _ in range(NONCES - 1):
            try:
                return self._post_once(*args, **options)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return self._post_once(*args, **options)


def _enter(authority: Authority, key: JWKEC) -> ClientV2:
    """Return a client with the account of the key, which is made when it is not there yet."""
    network = PatientNetwork(key, alg=ES256, user_agent="meeting-system", timeout=REQUEST_S)
    if authority.trust is not None:
        network.verify_ssl = str(authority.trust)  # type: ignore[assignment]  # requests takes a file, too
    client = ClientV2(ClientV2.get_directory(authority.directory_url, network), network)
    wanted = messages.NewRegistration.from_data(email=authority.email, terms_of_service_agreed=True)
    try:
        client.new_account(wanted)
    except errors.ConflictError as known:
        network.account = messages.RegistrationResource(uri=known.location, body=messages.Registration())
    return client


def _prove(
    client: ClientV2, authorization: messages.AuthorizationResource, key: JWKEC, publish: Publish
) -> None:
    if authorization.body.status == messages.STATUS_VALID:
        return  # proved a short while ago
    for each in authorization.body.challenges:
        if isinstance(each.chall, challenges.HTTP01):
            response, validation = each.response_and_validation(key)
            publish(each.chall.path, validation)
            client.answer_challenge(each, response)
            return
    raise AcmeRefused("the authority offers no HTTP-01 challenge: choose another one")


@contextmanager
def translating(authority: Authority, domain: str) -> Iterator[None]:
    """Raise what the library says in our words."""
    url = authority.directory_url
    try:
        yield
    except errors.ValidationError as failure:
        raise ChallengeFailed(
            f"the authority did not find this machine as http://{domain}/: {_reasons(failure)}. "
            "Let the name lead here and port 80 reach us, see MEETING_ACME__PORT"
        ) from failure
    except errors.TimeoutError as failure:
        raise AcmeUnavailable(f"{url} did not finish the order within {ORDER_S} s") from failure
    except messages.Error as failure:
        raise AcmeRefused(f"{url} refuses: {failure.typ}: {failure.detail}") from failure
    except errors.IssuanceError as failure:
        raise AcmeRefused(f"{url} refuses the certificate: {failure.error.detail}") from failure
    except (errors.Error, JoseError, requests.RequestException, KeyError, ValueError) as failure:
        raise AcmeUnavailable(f"{url} does not answer as an ACME server: {failure}") from failure


def _reasons(failure: errors.ValidationError) -> str:
    found = [
        each.error.detail
        for authorization in failure.failed_authzrs
        for each in authorization.body.challenges
        if each.error is not None
    ]
    return "; ".join(map(str, found)) or "no reason given"


def _load_or_make_key(file: Path) -> ec.EllipticCurvePrivateKey:
    if not file.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        replace_private(file, _pem(key))
        return key
    try:
        loaded = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError):
        loaded = None
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise AcmeKeyBroken(f"{file} is no key: restore it from a backup, or delete it for a new account")
    return loaded


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain)
