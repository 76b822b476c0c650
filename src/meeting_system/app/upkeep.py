"""What doctor looks at beyond the first start: the schema, backups, certificates, broken restores."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from meeting_system.adapters.acme_folder import find_failure
from meeting_system.adapters.data_folder import RESTORE, has_database
from meeting_system.app.backup.make import last_backup
from meeting_system.app.certificate import acme_folder, tls_folder
from meeting_system.app.finding import Finding, bad, good, warning
from meeting_system.app.language import Text
from meeting_system.app.settings import Settings
from meeting_system.kit.migrations import newest_revision

SCHEMA = Text("database schema", "数据库结构")
BACKUP = Text("backup", "备份")
CERTIFICATE = Text("certificate", "证书")
RESTORING = Text("restore", "恢复")

EXPIRES_SOON = timedelta(days=14)


def check_upkeep(settings: Settings, now: datetime) -> list[Finding]:
    """Look at what a running installation needs from time to time."""
    found = [check_backup(settings, now), check_certificate(settings, now), check_restore(settings)]
    return [finding for finding in found if finding is not None]


def judge_schema(revision: str | None, settings: Settings) -> Finding:
    """Does the database fit this version?"""
    newest = newest_revision()
    if revision is not None and revision > newest:
        return bad(
            SCHEMA,
            f"{revision} is of a newer version, this one knows {newest}: install the newer version again",
            f"{revision} 来自更新的版本，本版本为 {newest}：请重新安装新版本",
        )
    if revision == newest:
        return good(SCHEMA, newest, newest)
    have = revision or "none"
    if settings.environment == "production":
        return bad(
            SCHEMA,
            f"{have}, this version needs {newest}: back up, then run `meeting-system migrate`",
            f"{have}，本版本需要 {newest}：请先备份，再运行 `meeting-system migrate`",
        )
    return good(SCHEMA, f"{have}, the next start brings it to {newest}", f"{have}，下次启动时升级到 {newest}")


def check_backup(settings: Settings, now: datetime) -> Finding | None:
    """When was the last backup taken? A hint; nothing where there is nothing to lose yet."""
    if settings.database_url is None and not has_database(settings.data):
        return None
    last = last_backup(settings.data)
    if last is None:
        return warning(
            BACKUP,
            "none was taken yet: `meeting-system backup FOLDER`, best every night",
            "尚未备份：请运行 `meeting-system backup 目录`，最好每晚一次",
        )
    made_at, place = last
    days = (now - made_at).days
    if days >= settings.backup.warn_after_days:
        return warning(
            BACKUP,
            f"the last is {days} days old ({place}): take another",
            f"最近一次备份已有 {days} 天（{place}）：请再次备份",
        )
    return good(BACKUP, f"{made_at:%Y-%m-%d %H:%M} UTC, {place}", f"{made_at:%Y-%m-%d %H:%M} UTC，{place}")


def check_certificate(settings: Settings, now: datetime) -> Finding | None:
    """Is the certificate that we show readable, good for a while, and does its renewal work?"""
    if settings.public is None:
        return None
    issued = settings.acme.terms_accepted and settings.tls.certificate is None
    if issued and (failure := find_failure(acme_folder(settings))) is not None:
        at, detail = failure
        return bad(CERTIFICATE, f"the order of {at} failed: {detail}", f"{at} 申请证书失败：{detail}")
    file = settings.tls.certificate or tls_folder(settings) / "server.crt"
    if issued:
        file = acme_folder(settings) / "server.pem"
    return judge_certificate(file, now) if file.exists() else None


def judge_certificate(file: Path, now: datetime) -> Finding:
    """Judge a certificate in a file."""
    try:
        until = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return bad(
            CERTIFICATE,
            f"{file} can't be read: restore the folder tls from a backup, or delete the file",
            f"{file} 无法读取：请从备份恢复 tls 目录，或删除该文件",
        )
    if until < now:
        return bad(
            CERTIFICATE,
            f"ended {until:%Y-%m-%d}: start the system, or give a new one",
            f"已于 {until:%Y-%m-%d} 过期：请启动系统，或更换证书",
        )
    if until - now < EXPIRES_SOON:
        return warning(
            CERTIFICATE,
            f"ends {until:%Y-%m-%d}: start the system, it makes a new one; one of your own is yours to renew",
            f"{until:%Y-%m-%d} 到期：启动系统后会自动更新；自备证书请自行更换",
        )
    return good(CERTIFICATE, f"good until {until:%Y-%m-%d}", f"有效期至 {until:%Y-%m-%d}")


def check_restore(settings: Settings) -> Finding | None:
    """Was a restore interrupted, or is one running?"""
    if not (settings.data / RESTORE).exists():
        return None
    return warning(
        RESTORING,
        "one runs or was interrupted: the next start, or another restore, finishes or removes it",
        "正在进行或曾中断：下次启动或再次恢复时会完成或清除",
    )
