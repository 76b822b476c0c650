"""Why a dependency does not answer, as a sentence for a person, in both languages. Never an exception's text:
it may carry an address with a password, and anybody may ask for /ready."""

from collections.abc import Iterator
from dataclasses import dataclass

from meeting_system.app.language import Text
from meeting_system.kernel.errors import AppError, Unavailable

NAMES = {
    "database": Text("PostgreSQL", "PostgreSQL"),
    "store": Text("Valkey or Redis", "Valkey 或 Redis"),
    "documents": Text("MongoDB", "MongoDB"),
    "objects": Text("The store of files and pictures", "文件与图片存储"),
    "registry": Text("The registry", "注册中心"),
    "media_engine": Text("The media engine", "媒体引擎"),
    "process": Text("This process", "本进程"),
}


@dataclass(frozen=True)
class Reason:
    """A stable code for programs, and what is behind the dependency's name."""

    code: str
    says: Text


STOPPING = Reason("stopping", Text("is stopping and takes no more work.", "正在停止，不再接受新的工作。"))
TIMEOUT = Reason(
    "timeout",
    Text(
        "gave no answer in time: it is overloaded, stopped, or cut off by the network.",
        "没有及时响应：可能负载过高、已停住，或网络不通。",
    ),
)
REFUSED = Reason(
    "refused",
    Text(
        "accepts no connections: it does not run, or its address is another one.",
        "拒绝连接：可能没有运行，或地址配置有误。",
    ),
)
UNKNOWN_NAME = Reason(
    "unknown_name",
    Text("has a host name that can't be looked up: check its address.", "的主机名无法解析：请检查地址。"),
)
UNREACHABLE = Reason(
    "unreachable",
    Text("can't be reached over the network.", "无法通过网络到达。"),
)
CREDENTIALS = Reason(
    "credentials",
    Text("refuses our name or password: check its address.", "拒绝了用户名或密码：请检查连接地址。"),
)
NO_DATABASE = Reason(
    "no_database", Text("has no database of the configured name.", "中没有所配置名称的数据库。")
)
NO_BUCKET = Reason("no_bucket", Text("has no bucket of the configured name.", "中没有所配置名称的存储桶。"))
FULL = Reason(
    "full",
    Text(
        "has no connection left for us: raise its limit, or stop what holds them.",
        "没有可用的连接：请提高上限，或停止占用连接的程序。",
    ),
)
STARTING = Reason("starting", Text("is starting or shutting down.", "正在启动或关闭。"))
AWAY = Reason("away", Text("is away; it is asked again all the time.", "暂时不可用，系统会不断重试。"))
FAILED = Reason(
    "failed", Text("fails in an unexpected way; the log tells more.", "出现意外错误，详情见日志。")
)

_CODES = {"documents_refused": CREDENTIALS, "objects_refused": CREDENTIALS, "object_not_found": NO_BUCKET}
_SQLSTATES = (
    ("28", CREDENTIALS),
    ("3D", NO_DATABASE),
    ("53", FULL),
    ("57P", STARTING),
    ("08", UNREACHABLE),
)
_WORDS = (
    (
        ("WRONGPASS", "NOAUTH", "invalid username-password", "AuthenticationError", "Authentication failed"),
        CREDENTIALS,
    ),
    (("LOADING", "MASTERDOWN"), STARTING),
    (("OOM", "max number of clients"), FULL),
    (("gaierror", "Name or service not known", "nodename nor servname"), UNKNOWN_NAME),
    (
        (
            "ConnectionRefusedError",
            "Connection refused",
            "Connect call failed",
            "FileNotFoundError",
            "No such file",
        ),
        REFUSED,
    ),
    (("No route to host", "Network is unreachable", "ConnectionReset"), UNREACHABLE),
    (("TimeoutError", "timed out"), TIMEOUT),
)


def explain(error: BaseException) -> Reason:
    """Return why a check failed; the deepest cause that we know tells it."""
    causes = list(_causes(error))
    for cause in reversed(causes):
        reason = _recognise(cause)
        if reason is not None:
            return reason
    return AWAY if isinstance(error, Unavailable) else FAILED


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _recognise(cause: BaseException) -> Reason | None:
    if isinstance(cause, AppError):
        return _CODES.get(cause.code)
    state = str(getattr(cause, "sqlstate", None) or "")
    for prefix, reason in _SQLSTATES:
        if state.startswith(prefix):
            return reason
    text = f"{type(cause).__name__}: {cause}"
    for words, reason in _WORDS:
        if any(word in text for word in words):
            return reason
    return None
