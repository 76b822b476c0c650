"""Write the configuration reference and the tables of both READMEs from `app/settings.py`, the one list.

`.venv/bin/python scripts/configuration.py` writes; with `--check` it only says whether they are up to date.
"""

import inspect
import re
import sys
import types
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from meeting_system.app.settings import PREFIX, Settings
from steps import ROOT
from written import write_or_check

REFERENCE = Path("docs/guide/configuration.md")
MARKS = re.compile(r"(<!-- configuration -->\n).*?(<!-- /configuration -->)", re.DOTALL)

# What installations change, with what it means in both languages.
FREQUENT = {
    "MEETING_DATA": ("folder of everything that is kept", "保存全部数据的目录"),
    "MEETING_HTTP__PORT": ("port of pages, API and WebSocket", "页面、接口和 WebSocket 的端口"),
    "MEETING_PUBLIC": ("address or name for others: HTTPS", "供他人访问的地址或名称，启用 HTTPS"),
    "MEETING_MEDIA__PORT": ("port of media, UDP and TCP", "媒体端口（UDP 和 TCP）"),
    "MEETING_MEDIA__ADVERTISED": ("addresses that browsers send media to", "浏览器发送媒体的地址"),
    "MEETING_DATABASE_URL": ("a PostgreSQL of yours; none: its own", "你自己的 PostgreSQL；不设则用自带的"),
    "MEETING_REDIS_URL": (
        "a Valkey or Redis of yours; none: its own",
        "你自己的 Valkey 或 Redis；不设则用自带的",
    ),
    "MEETING_REGISTRY_URL": (
        "an etcd, `etcd://host:2379`; none: Redis",
        "etcd 地址 `etcd://host:2379`；不设则用 Redis",
    ),
    "MEETING_USER__REGISTRATION_OPEN": ("anybody may make an account", "任何人都可以注册"),
    "MEETING_ENVIRONMENT": ("`production` refuses weak secrets", "`production` 会拒绝弱密钥"),
    "MEETING_TOKENS__SECRET": ("signs log-ins; none: made once", "登录签名密钥；不设则自动生成一次"),
    "MEETING_LOG__LEVEL": ("how much is logged", "日志级别"),
}


def find_part(info: FieldInfo) -> type[BaseModel] | None:
    """Return the model of a setting that is a part with settings of its own."""
    kind = info.annotation
    return kind if inspect.isclass(kind) and issubclass(kind, BaseModel) else None


def walk(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the settings of one part with the variable that sets each."""
    for name, info in model.model_fields.items():
        if find_part(info) is None:
            yield prefix + name.upper(), info


def parts(model: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield the parts of the tree with their prefixes, each before the parts inside it."""
    yield prefix, model
    for name, info in model.model_fields.items():
        if part := find_part(info):
            yield from parts(part, f"{prefix}{name.upper()}__")


def write_default(info: FieldInfo) -> str:
    """Return the default as one would write it into the environment."""
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is None or value == ():
        return "none"
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        value = str(value).lower()
    return f"`{value}`"


def choices(annotation: Any) -> list[str]:
    """Return the words that a setting may be, if it is one of a few."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    if get_origin(annotation) in (Union, types.UnionType):
        return [word for inner in get_args(annotation) for word in choices(inner)]
    return []


def describe(variable: str, info: FieldInfo) -> str:
    """Return what a setting is for, with its unit where the name carries one, and its choices."""
    words = choices(info.annotation)
    name = variable.rpartition("__")[2].lower().removesuffix("_s").replace("_", " ")
    text = info.description or FREQUENT.get(variable, (name, ""))[0]
    unit = "seconds" if variable.endswith("_S") and "second" not in text else ""
    return "; ".join(part for part in (text, unit, " or ".join(f"`{word}`" for word in words)) if part)


def frequent_table(language: int) -> str:
    """Return the README's table: 0 is English, 1 is Chinese."""
    known = {variable: info for prefix, model in parts() for variable, info in walk(model, prefix)}
    head = (("variable", "default", "what"), ("变量", "默认值", "说明"))[language]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|"]
    for variable, texts in FREQUENT.items():
        default = write_default(known[variable])
        default = ("none", "无")[language] if default == "none" else default
        lines.append(f"| `{variable}` | {default} | {texts[language]} |")
    return "\n".join(lines) + "\n"


def reference() -> str:
    """Return the whole reference."""
    lines = [
        "# Configuration",
        "",
        "<!-- Written by scripts/configuration.py from app/settings.py: change it there. -->",
        "",
        "Environment variables of `meeting-system`, also for `make run`. Nothing must be set. A variable",
        "that sets nothing, mostly misspelt, is named at the start. Lists are written with commas.",
    ]
    for prefix, model in parts():
        path = prefix.removeprefix(PREFIX).rstrip("_").replace("__", ": ")
        title = "General" if model is Settings else path.capitalize()
        lines += ["", f"## {title}", ""]
        if model is not Settings and model.__doc__:
            lines += [inspect.cleandoc(model.__doc__), ""]
        lines += ["| variable | default | what |", "|---|---|---|"]
        lines += [
            f"| `{name}` | {write_default(info)} | {describe(name, info)} |"
            for name, info in walk(model, prefix)
        ]
    return "\n".join(lines) + "\n"


def documents() -> dict[Path, str]:
    """Return every document that this script writes, as it should be."""
    found = {REFERENCE: reference()}
    for language, name in enumerate(("README.md", "README.zh-CN.md")):
        text = (ROOT / name).read_text(encoding="utf-8")
        table = frequent_table(language)
        found[Path(name)] = MARKS.sub(lambda match, table=table: match[1] + table + match[2], text)  # type: ignore[misc]
    return found


def main() -> int:
    """Write the documents, or with --check return 1 when one is not up to date."""
    return write_or_check(documents(), __doc__)


if __name__ == "__main__":
    sys.exit(main())
