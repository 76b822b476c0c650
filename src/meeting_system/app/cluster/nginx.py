"""Debian's Nginx in front of the services. Traffic goes to those that are ready."""

import asyncio
import grp
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from meeting_system.adapters.embedded_place import Owner, Place
from meeting_system.adapters.embedded_process import Server
from meeting_system.adapters.tls import TlsFiles
from meeting_system.app.cluster.programs import ENVIRONMENT, HOST, NGINX, write_private

TEMPLATE = Path(__file__).with_name("nginx.conf")

CIPHERS = ":".join(
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for key in ("ECDSA", "RSA")
)
"""Of TLS 1.2, with forward secrecy; those of TLS 1.3 all have it."""

TLS = """ssl_certificate {tls.certificate};
    ssl_certificate_key {tls.key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers {CIPHERS};
    ssl_session_cache shared:tls:10m;
    add_header Strict-Transport-Security "max-age=15768000" always;
    error_page 497 =301 https://$http_host$request_uri;"""

AUTHORITY = """
    location = /ca.crt {{
      default_type application/x-x509-ca-cert;
      alias {folder}/ca.crt;
    }}"""

CHALLENGE = """server {{
    {listen}
    location /.well-known/acme-challenge/ {{
      proxy_pass http://{host}:{challenge.answered_at};
    }}
    location / {{
      return 301 {challenge.elsewhere}$request_uri;
    }}
  }}"""


@dataclass(frozen=True)
class Challenge:
    """The port that an ACME authority asks, where that is answered, and where others are sent."""

    port: int
    answered_at: int
    elsewhere: str


@dataclass(frozen=True)
class Site:
    """What people reach: addresses and a port, with a certificate or for this machine only."""

    addresses: Sequence[str]
    port: int
    body_limit: int
    tls: TlsFiles | None = None
    challenge: Challenge | None = None

    def listen(self, port: int, *, secure: bool) -> str:
        """Return the lines for every address."""
        shown = [f"[{address}]" if ":" in address else address for address in self.addresses]
        return "\n    ".join(f"listen {address}:{port}{' ssl' if secure else ''};" for address in shown)


def configuration(site: Site, folder: Path, owner: Owner | None = None) -> str:
    """Return `nginx.conf`, filled in; the upstreams are in a file of their own beside it."""
    words = {
        "user": f"user {owner.name} {grp.getgrgid(owner.gid).gr_name};" if owner else "",
        "folder": str(folder),
        "body_limit": str(site.body_limit),
        "listen": site.listen(site.port, secure=site.tls is not None),
        "tls": tls_of(site, folder),
        "challenge": challenge_of(site),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


def tls_of(site: Site, folder: Path) -> str:
    """Return what a certificate needs; where an authority of our own signed it, with the way to that."""
    if site.tls is None:
        return ""
    ours = AUTHORITY.format(folder=folder) if site.tls.authority is not None else ""
    return TLS.format(tls=site.tls, CIPHERS=CIPHERS) + ours


def challenge_of(site: Site) -> str:
    """Return the server that an ACME authority asks, where there is one."""
    if site.challenge is None:
        return ""
    listen = site.listen(site.challenge.port, secure=False)
    return CHALLENGE.format(listen=listen, host=HOST, challenge=site.challenge)


def upstreams(ports: Mapping[str, Sequence[int]]) -> str:
    """Return the upstreams: for each service the ports of its processes that take traffic."""
    blocks = []
    for service, each in ports.items():
        servers = [f"  server {HOST}:{port} max_fails=1 fail_timeout=1s;\n" for port in each]
        lines = f"  zone {service} 64k;\n  least_conn;\n{''.join(servers)}  keepalive 32;\n"
        blocks.append(f"upstream {service} {{\n{lines}}}\n")
    return "".join(blocks)


def describe_nginx(place: Place, site: Site) -> Server:
    """Return how to run it. `upstreams.conf` must be there before it starts."""
    folder = nginx_folder(place)
    file = write_site(place, site)

    async def prepare() -> None:
        """Nothing: its port tells whether a former one still ends, and the start is tried again."""

    async def is_ready(_pid: int) -> bool:
        return await accepts(site.addresses[0], site.port)

    return Server(
        name="nginx",
        command=(NGINX.path, "-c", str(file), "-p", str(folder), "-e", "stderr"),
        environment=ENVIRONMENT,
        folder=folder,
        log_file=place.logs / "nginx.log",
        owner=None,
        stop_signal=signal.SIGTERM,
        prepare=prepare,
        is_ready=is_ready,
    )


def write_site(place: Place, site: Site) -> Path:
    """Write what Nginx reads at its start and at a SIGHUP; return the file."""
    folder = nginx_folder(place)
    file = folder / "nginx.conf"
    write_private(file, configuration(site, folder, place.owner))
    if site.tls is not None and site.tls.authority is not None:
        # The workers may not read where it lies, beside the keys. It is for everybody.
        copied = folder / "ca.crt"
        shutil.copyfile(site.tls.authority, copied)
        copied.chmod(0o644)
    return file


def nginx_folder(place: Place) -> Path:
    """Return its folder: the workers of a root's Nginx are another user, who passes through it."""
    folder = place.data / "nginx"
    folder.mkdir(mode=0o711, exist_ok=True)
    return folder


def write_upstreams(place: Place, ports: Mapping[str, Sequence[int]]) -> None:
    """Write what Nginx reads at its start and at a SIGHUP."""
    write_private(nginx_folder(place) / "upstreams.conf", upstreams(ports))


async def accepts(address: str, port: int) -> bool:
    """Tell whether somebody listens there."""
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection(
                {"0.0.0.0": HOST, "::": "::1"}.get(address, address),  # noqa: S104  # compared, not bound
                port,
            )
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
