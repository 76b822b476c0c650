"""How letters leave: by the SMTP server that is configured, or at the terminal."""

import sys

from meeting_system.app.finding import Finding, bad, good, warning
from meeting_system.app.language import Text
from meeting_system.app.settings import Settings
from meeting_system.kernel.clock import Clock, SystemClock
from meeting_system.kernel.errors import AppError
from meeting_system.kernel.ports import Mail

MAIL = Text("mail server", "邮件服务器")
TIMEOUT_S = 5.0
"""Of doctor's question."""


def open_mail(settings: Settings, clock: Clock) -> Mail:
    """Return the Mail port. Nothing is connected before the first letter."""
    mail = settings.mail
    if mail.url is None or mail.sender is None:
        from meeting_system.adapters.mail_console import ConsoleMail, NoMail

        return ConsoleMail(sys.stdout, clock) if settings.environment == "development" else NoMail()
    from meeting_system.adapters.mail_message import parse_mailbox
    from meeting_system.adapters.mail_smtp import SmtpMail, parse_smtp_url

    server = parse_smtp_url(mail.url.get_secret_value(), authority=mail.authority)
    return SmtpMail(server, parse_mailbox(mail.sender), clock)


async def check_mail(settings: Settings) -> Finding:
    """Does the mail server let us in?"""
    mail = settings.mail
    if mail.url is None:
        return judge_no_mail(settings)
    from meeting_system.adapters.mail_message import parse_mailbox
    from meeting_system.adapters.mail_smtp import SmtpMail, parse_smtp_url

    server = parse_smtp_url(mail.url.get_secret_value(), authority=mail.authority)
    name = f"{server.host}:{server.port}"
    try:
        await SmtpMail(server, parse_mailbox(mail.sender or ""), SystemClock(), TIMEOUT_S).check()
    except AppError as error:
        return bad(
            MAIL,
            f"{name}: {error.detail}. Check MEETING_MAIL__URL and the server",
            f"{name}：{error.detail}。请检查 MEETING_MAIL__URL 和服务器",
        )
    return good(MAIL, f"{name} takes our letters", f"{name} 可以发信")


def judge_no_mail(settings: Settings) -> Finding:
    """Judge an installation without a mail server."""
    if settings.environment == "development":
        return good(
            MAIL, "none: letters are shown where `serve` runs", "未配置：邮件内容显示在运行 `serve` 的终端"
        )
    return warning(
        MAIL,
        "none: no invitations, and nobody can set a forgotten password. Set MEETING_MAIL__URL",
        "未配置：无法发送邀请，也无法找回密码。请设置 MEETING_MAIL__URL",
    )
