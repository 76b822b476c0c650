"""What letters about accounts say, in the person's language: text, and the same as HTML."""

from dataclasses import dataclass
from html import escape

from meeting_system.kernel.mail import Letter, Mailbox

_STYLE = "font-family:system-ui,'PingFang SC','Microsoft YaHei',sans-serif;font-size:16px;line-height:1.5"
_BUTTON = (
    "display:inline-block;padding:12px 20px;border-radius:8px;background:#1a56db;color:#fff;"
    "text-decoration:none;font-weight:600"
)


@dataclass(frozen=True)
class Words:
    """One letter in one language. `{name}` and `{for_long}` are filled in."""

    subject: str
    before: str
    button: str
    after: str


RESET = {
    "en": Words(
        "Set a new password",
        "Hello {name},\n\nsomebody, probably you, asked for a new password. The link is good once, "
        "for {for_long}.",
        "Set a new password",
        "If it was not you, do nothing: your password stays as it is.",
    ),
    "zh-CN": Words(
        "重设密码",
        "{name}，您好：\n\n有人（很可能是您本人）申请重设密码。下面的链接仅可使用一次，{for_long}内有效。",
        "重设密码",
        "如果不是您本人的操作，请忽略此邮件，密码不会改变。",
    ),
}
WELCOME = {
    "en": Words(
        "Your account for meetings",
        "Hello {name},\n\nan account was made for you. Choose a password to begin; the link is good once, "
        "for {for_long}.",
        "Choose a password",
        "Later you log in with this e-mail address.",
    ),
    "zh-CN": Words(
        "您的会议账号",
        "{name}，您好：\n\n已为您创建账号。请先设置密码；下面的链接仅可使用一次，{for_long}内有效。",
        "设置密码",
        "之后请用此邮箱地址登录。",
    ),
}
CONFIRM = {
    "en": Words(
        "Confirm your e-mail address",
        "Hello {name},\n\nplease confirm that this address is yours. The link is good once, for {for_long}.",
        "Confirm the address",
        "If you did not enter this address, do nothing.",
    ),
    "zh-CN": Words(
        "确认邮箱地址",
        "{name}，您好：\n\n请确认这是您的邮箱地址。下面的链接仅可使用一次，{for_long}内有效。",
        "确认邮箱地址",
        "如果您没有填写过此地址，请忽略此邮件。",
    ),
}
MOVED = {
    "en": Words(
        "Your e-mail address was changed",
        "Hello {name},\n\nyour account is now used with another e-mail address; this one is not connected "
        "to it any more.",
        "Open the pages",
        "If it was not you, tell whoever runs this installation at once.",
    ),
    "zh-CN": Words(
        "邮箱地址已更改",
        "{name}，您好：\n\n您的账号已改用另一个邮箱地址，本地址不再与该账号关联。",
        "打开页面",
        "如果不是您本人的操作，请立即联系管理员。",
    ),
}
CHANGED = {
    "en": Words(
        "Your password was changed",
        "Hello {name},\n\nyour password was changed, and all other log-ins were ended.",
        "Open the pages",
        "If it was not you, set a new password at once and tell whoever runs this installation.",
    ),
    "zh-CN": Words(
        "密码已更改",
        "{name}，您好：\n\n您的密码已更改，其他设备上的登录均已退出。",
        "打开页面",
        "如果不是您本人的操作，请立即重设密码并联系管理员。",
    ),
}


def write(
    words: dict[str, Words],
    *,
    letter_id: str,
    to: Mailbox,
    locale: str,
    link: str,
    lifetime_s: int = 0,
) -> Letter:
    """Return a letter with one link, in the language of `locale`, else in English."""
    chosen = words.get(locale) or words["en"]
    before = chosen.before.format(name=to.name, for_long=_duration(lifetime_s, locale))
    text = f"{before}\n\n{link}\n\n{chosen.after}\n"
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in before.split("\n\n"))
    html = (
        f'<!doctype html><html lang="{escape(locale)}"><head><meta charset="utf-8">'
        f"<title>{escape(chosen.subject)}</title></head>"
        f'<body style="{_STYLE}">{paragraphs}'
        f'<p><a href="{escape(link)}" style="{_BUTTON}">{escape(chosen.button)}</a></p>'
        f'<p style="color:#555">{escape(chosen.after)}</p></body></html>'
    )
    return Letter(letter_id, to, chosen.subject, text, html)


def _duration(seconds: int, locale: str) -> str:
    chinese = locale == "zh-CN"
    for size, english, han in ((86400, "days", "天"), (3600, "hours", "小时"), (60, "minutes", "分钟")):
        if seconds >= 2 * size:
            count = seconds // size
            return f"{count} {han}" if chinese else f"{count} {english}"
    return f"{seconds} 秒" if chinese else f"{seconds} seconds"
