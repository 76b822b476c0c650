"""The command line: meeting-system serve | cluster | migrate | backup | restore | doctor | admin.

What takes long to import is imported by the command that needs it.
"""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from meeting_system import __version__
from meeting_system.app import trust
from meeting_system.app.language import Language, Text, find_language

if TYPE_CHECKING:
    from meeting_system.app.settings import Settings
    from meeting_system.kernel.principal import AccountRole

ResultT = TypeVar("ResultT")

cli = typer.Typer(
    help="Video meetings on your own machine. | 自有机器上的视频会议。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

STEPS = {
    "servers": Text("PostgreSQL and Valkey run", "PostgreSQL 与 Valkey 已启动"),
    "database": Text("the database is up to date", "数据库已就绪"),
    "services": Text("the services run", "各服务已启动"),
}
CLUSTER_STEPS = {
    "servers": Text("PostgreSQL, Redis and etcd run", "PostgreSQL、Redis 与 etcd 已启动"),
    "database": Text("the database is up to date", "数据库已就绪"),
    "services": Text(
        "user, meeting, signaling (2) and media run", "user、meeting、signaling（2 个）与 media 已启动"
    ),
    "nginx": Text("Nginx routes", "Nginx 已启动"),
}
OTHERS = Text(
    "For others in your network: make {command} PUBLIC=<this machine's address>",
    "让局域网内其他人加入：make {command} PUBLIC=<本机地址>",
)
ROWS = Text("rows", "行")
KEEP_SAFE = Text("The file holds keys: keep it where only you can read it", "文件中含有密钥，请妥善保管")
COLLECTED_AFTER = (20_000, 10, 20)
"""The collector of a server looks more seldom than Python's: with ten thousand sockets a look at everything
stops it for half a second, and while they came there were several."""

MARKS = {"good": "✓", "warning": "!", "bad": "✗"}


def say(line: str = "") -> None:
    """Print a line for the person at the terminal."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def fail(reason: object) -> NoReturn:
    """Print why it can't be done, and end."""
    sys.stderr.write(f"✗ {reason}\n")
    raise typer.Exit(1)


def read_settings(**given: object) -> "Settings":
    """Read the environment; what the command line gives wins."""
    from pydantic import ValidationError

    from meeting_system.app.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            describe_problem(problem["loc"], problem["msg"]) for problem in error.errors(include_url=False)
        ]
        fail("\n  ".join(["the configuration is not valid | 配置无效", *lines]))


def take_settings(file: Path) -> None:
    """Put what a file sets into the environment, as if it had been set there."""
    from dotenv import dotenv_values

    if not file.is_file():
        fail(f"{file}: there is no such file")
    for name, value in dotenv_values(file, interpolate=False).items():
        if value is not None:
            os.environ.setdefault(name, value)


def describe_problem(location: tuple[str | int, ...], message: str) -> str:
    """Return a line that names the variable."""
    name = "__".join(str(part) for part in location).upper()
    text = message.removeprefix("Value error, ")
    return f"MEETING_{name.removeprefix('MEETING_')}: {text}" if name else text


@contextmanager
def logging_somewhere(settings: "Settings", *, verbose: bool = False) -> Iterator[Path | None]:
    """Send logs to stderr, or to a file where a person watches; give the file."""
    from meeting_system.kit.log import configure_logs

    level = "debug" if verbose else settings.log.level
    if settings.log.form is not None or verbose or not sys.stderr.isatty():
        form = settings.log.form or ("console" if verbose and sys.stderr.isatty() else "json")
        configure_logs(form=form, level=level)
        yield None
        return
    file = settings.data / "log" / "meeting-system.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8", buffering=1) as stream:
        configure_logs(form="json", level=level, stream=stream)
        yield file
        configure_logs(form="console", level="error")


class Progress:
    """Tells a person how the start goes."""

    def __init__(
        self,
        settings: "Settings",
        log_file: Path | None,
        steps: Mapping[str, Text] = STEPS,
        command: str = "run",
    ) -> None:
        self._settings = settings
        self._log_file = log_file
        self._steps = steps
        self._command = command
        self._since = time.monotonic()

    def report(self, step: str) -> None:
        """Print a finished step and the seconds it took."""
        now = time.monotonic()
        say(f"  ✓ {self._steps[step]}  {now - self._since:.1f} s")
        self._since = now

    def listening(self) -> None:
        """Print the address, and for others in the house how to trust it."""
        gc.freeze()
        gc.set_threshold(*COLLECTED_AFTER)
        gc.enable()
        say()
        say(f"  {Text('Open', '请打开')}:  {self._settings.origin}")
        if self._settings.public is None:
            say(f"  {OTHERS}".format(command=self._command))
        elif self._settings.signs_itself:
            file = self._settings.data.absolute() / "tls" / "authority.crt"
            say(trust.STEPS.format(origin=self._settings.origin, file=file))
        if self._log_file is not None:
            say(f"  {Text('Log', '日志')}:  {self._log_file}")
        say(f"  {Text('Stop with Ctrl-C', '按 Ctrl-C 停止')}")


@cli.callback(invoke_without_command=True)
def main_options(
    settings: Annotated[
        Path | None,
        typer.Option(help="A file of settings, NAME=value; the environment wins. | 配置文件，环境变量优先。"),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version. | 显示版本。")] = False,
) -> None:
    """Options of the program itself."""
    if version:
        say(f"meeting-system {__version__}")
        raise typer.Exit
    if settings is not None:
        take_settings(settings)


@cli.command()
def serve(
    services: Annotated[
        list[str] | None,
        typer.Argument(
            help="Only these: user, meeting, webhook, bigbluebutton, signaling, media. | 仅运行所列服务。"
        ),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port for pages and API. | 网页与 API 端口。")] = None,
    public: Annotated[
        str | None,
        typer.Option(help="Address or name for others: HTTPS. | 供他人访问的地址或名称，启用 HTTPS。"),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log to the terminal. | 在终端显示日志。")
    ] = False,
) -> None:
    """Run the system. | 运行系统。"""
    # Nothing of what a start makes is garbage: looking for it costs a sixth of the start.
    gc.disable()
    from meeting_system.app.run import START_ERRORS, run_server
    from meeting_system.app.services import SERVICES

    wanted = services or list(SERVICES)
    if unknown := sorted(set(wanted) - set(SERVICES)):
        fail(f"no such service: {', '.join(unknown)}; there are {', '.join(SERVICES)}")
    settings = read_settings(public=public, http={"port": port} if port is not None else None)
    say(f"meeting-system {__version__}   {Text('data', '数据')}: {settings.data.absolute()}")
    try:
        with logging_somewhere(settings, verbose=verbose) as log_file:
            progress = Progress(settings, log_file)
            run_server(settings, wanted, report=progress.report, on_listening=progress.listening)
    except START_ERRORS as error:
        fail(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(1) from None
    say(str(Text("Stopped", "已停止")))


@cli.command()
def cluster(
    port: Annotated[int | None, typer.Option(help="Port for people. | 供人访问的端口。")] = None,
    public: Annotated[str | None, typer.Option(help="As for serve. | 同 serve。")] = None,
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Any inner ports that are free. | 内部使用任意空闲端口。")
    ] = False,
) -> None:
    """Run every part as a process of its own, on Debian's servers. | 将各部分作为独立进程运行。"""
    from meeting_system.app.cluster.run import Cluster, run_cluster
    from meeting_system.app.run import START_ERRORS
    from meeting_system.kit.log import configure_logs

    settings = read_settings(public=public, http={"port": port} if port is not None else None)
    configure_logs(form="console", level="error")
    folder = settings.data.absolute() / "cluster"
    say(f"meeting-system {__version__}   {Text('data', '数据')}: {folder}")
    progress = Progress(settings, folder / "log", CLUSTER_STEPS, "run-cluster")

    def on_running(running: Cluster) -> None:
        progress.listening()
        say(f"  {Text('Processes', '进程')}:  {running.place.data / 'processes.json'}")

    try:
        run_cluster(settings, any_ports=free_ports, report=progress.report, on_running=on_running)
    except START_ERRORS as error:
        fail(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        say(str(Text("Stopped", "已停止")))


@cli.command()
def migrate() -> None:
    """Bring the database to the present schema. | 升级数据库结构。"""
    from meeting_system.app.run import START_ERRORS, run_migration

    settings = read_settings()
    try:
        with logging_somewhere(settings):
            changed = run_migration(settings)
    except START_ERRORS as error:
        fail(error)
    say(str(Text("Migrated", "已升级") if changed else Text("Nothing to do", "无需升级")))


@cli.command()
def backup(
    place: Annotated[
        str | None,
        typer.Argument(help="File, folder or s3://bucket/prefix. | 文件、目录或 s3://桶/前缀。"),
    ] = None,
) -> None:
    """Back up the database and the data folder, while it runs. | 备份数据库与数据目录。"""
    from meeting_system.app.backup.make import back_up
    from meeting_system.app.run import START_ERRORS
    from meeting_system.kernel.clock import SystemClock

    settings = read_settings()
    try:
        with logging_somewhere(settings):
            made = asyncio.run(back_up(settings, place, SystemClock()))
    except START_ERRORS as error:
        fail(error)
    say(f"✓ {made.place}  {made.size / (1 << 20):.1f} MiB, {sum(made.manifest.tables.values())} {ROWS}")
    say(f"  {KEEP_SAFE}")


@cli.command()
def restore(
    file: Annotated[
        str, typer.Argument(help="What backup wrote: file or s3://… | backup 生成的文件或 s3://…")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Where there is data: replace it. | 已有数据时将其替换。")
    ] = False,
) -> None:
    """Bring back what a backup holds; the system must be stopped. | 从备份恢复，须先停止系统。"""
    from meeting_system.app.backup.restore import restore as bring_back
    from meeting_system.app.run import START_ERRORS

    settings = read_settings()
    try:
        with logging_somewhere(settings):
            done = asyncio.run(bring_back(settings, file, replace=replace))
    except START_ERRORS as error:
        fail(error)
    rows = sum(done.manifest.tables.values())
    say(f"✓ {Text('Restored', '已恢复')}: {done.manifest.made_at}, {rows} {ROWS}")
    if done.replaced is not None:
        say(f"  {Text('What was there before lies in', '原有数据保存在')} {done.replaced}")


@cli.command()
def doctor(
    lang: Annotated[Language | None, typer.Option(help="Language. | 语言。")] = None,
    public: Annotated[str | None, typer.Option(help="As for serve. | 同 serve。")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs. | 供程序读取。")] = False,
) -> None:
    """Look at this machine and say what to do. | 检查本机并给出建议。"""
    from meeting_system.app.doctor import examine
    from meeting_system.app.finding import Level
    from meeting_system.kit.log import configure_logs

    language = lang or find_language()
    settings = read_settings(public=public)
    configure_logs(form="console", level="error")
    findings = asyncio.run(examine(settings))
    sound = all(finding.level is not Level.BAD for finding in findings)
    if as_json:
        listed = [finding.as_json(language) for finding in findings]
        say(json.dumps({"sound": sound, "findings": listed}, ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            say(f"{MARKS[finding.level]} {finding.subject[language]}: {finding.seen[language]}")
    if not sound:
        raise typer.Exit(1)


admin = typer.Typer(help="Accounts and the audit trail. | 账号与审计日志。", no_args_is_help=True)
cli.add_typer(admin, name="admin")

Role = Annotated[str, typer.Option(help="guest, user, moderator, admin or super_admin. | 角色。")]


@admin.command("create")
def create_admin(
    email: Annotated[str, typer.Argument(help="E-mail address. | 邮箱地址。")],
    name: Annotated[str, typer.Option(help="Name shown to others. | 显示名称。")] = "Admin",
    role: Role = "super_admin",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from stdin. | 从标准输入读取密码。")
    ] = False,
) -> None:
    """Make an account, such as the first administrator. | 创建账号，例如首位管理员。"""
    from meeting_system.app import admin as work

    given = find_role(role)
    password = read_password(from_stdin=password_stdin)
    user_id = run_admin(
        lambda settings: work.create(settings, email=email, display_name=name, role=given, password=password)
    )
    say(f"✓ {Text('Created', '已创建')}: {email} ({given}) {user_id}")


@admin.command("promote")
def promote(
    email: Annotated[str, typer.Argument(help="E-mail address of an account. | 账号的邮箱地址。")],
    role: Annotated[str, typer.Argument(help="Its new role. | 新角色。")] = "super_admin",
) -> None:
    """Give an account another role. | 更改账号的角色。"""
    from meeting_system.app import admin as work

    given = find_role(role)
    run_admin(lambda settings: work.promote(settings, email=email, role=given))
    say(f"✓ {email}: {given}")


@admin.command("verify-audit")
def verify_audit(
    expect: Annotated[
        str | None, typer.Option(help="The head noted earlier is still in it. | 核对先前记录的摘要。")
    ] = None,
) -> None:
    """Find out whether somebody changed the audit trail. | 检查审计日志是否被篡改。"""
    from meeting_system.app import admin as work

    check = run_admin(lambda settings: work.verify_audit(settings, expect))
    say(f"{Text('Entries', '条目')}: {check.entries}  {Text('head', '摘要')}: {check.head}")
    for flaw in check.flaws:
        say(f"✗ {flaw.kind}  {flaw.audit_id or ''}")
    if not check.sound:
        fail(Text("The audit trail was changed", "审计日志已被篡改"))
    say(f"✓ {Text('As it was written', '完整无误')}")


def find_role(name: str) -> "AccountRole":
    """Return the role of this name."""
    from meeting_system.kernel.principal import AccountRole

    if name not in list(AccountRole):
        fail(f"no such role: {name}; there are {', '.join(AccountRole)}")
    return AccountRole(name)


def read_password(*, from_stdin: bool) -> str:
    """Read a password: asked for twice, or a line of stdin. Never an argument: others see those."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    entered: str = typer.prompt(
        str(Text("Password", "密码")), hide_input=True, confirmation_prompt=str(Text("Again", "再次输入"))
    )
    return entered


def run_admin(work: Callable[["Settings"], Coroutine[Any, Any, ResultT]]) -> ResultT:
    """Do something with the accounts of this machine's system; say why it can't be done."""
    from meeting_system.app.run import START_ERRORS

    settings = read_settings()
    try:
        with logging_somewhere(settings):
            return asyncio.run(work(settings))
    except (*START_ERRORS, ValueError) as error:
        fail(error)


def main() -> None:
    """Run the command line."""
    cli()


if __name__ == "__main__":
    main()
