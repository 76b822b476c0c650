"""What stands in the letters about a meeting, in English and in Chinese, as text and as HTML."""

from dataclasses import dataclass
from html import escape
from typing import Literal
from zoneinfo import ZoneInfo

from meeting_system.meeting.recurrence import describe_parts
from meeting_system.meeting.timing import Span

Kind = Literal["invited", "changed", "cancelled", "uninvited"]
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_ZH = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SUBJECTS = {
    "en": {
        "invited": "Invitation: {title}",
        "changed": "Changed: {title}",
        "cancelled": "Cancelled: {title}",
        "uninvited": "Cancelled: {title}",
    },
    "zh-CN": {
        "invited": "会议邀请：{title}",
        "changed": "会议变更：{title}",
        "cancelled": "会议取消：{title}",
        "uninvited": "会议取消：{title}",
    },
}
_FIRST_LINES = {
    "en": {
        "invited": "{host} invites you to a meeting.",
        "changed": "{host} changed a meeting that you are invited to.",
        "cancelled": "{host} cancelled a meeting that you were invited to.",
        "uninvited": "{host} took back your invitation to a meeting.",
    },
    "zh-CN": {
        "invited": "{host} 邀请您参加会议。",
        "changed": "{host} 更改了邀请您参加的会议。",
        "cancelled": "{host} 取消了邀请您参加的会议。",
        "uninvited": "{host} 撤回了对您的会议邀请。",
    },
}
_LABELS = {
    "en": {
        "when": "When",
        "repeats": "Repeats",
        "join": "Join",
        "number": "Meeting number",
        "password": "Password",
        "answer": "Will you come?",
        "accepted": "Yes",
        "tentative": "Maybe",
        "declined": "No",
        "colon": ": ",
    },
    "zh-CN": {
        "when": "时间",
        "repeats": "重复",
        "join": "加入会议",
        "number": "会议号",
        "password": "密码",
        "answer": "您会参加吗？",
        "accepted": "参加",
        "tentative": "待定",
        "declined": "不参加",
        "colon": "：",
    },
}
_ANSWERS = ("accepted", "tentative", "declined")


@dataclass(frozen=True)
class Facts:
    """What a letter tells. `answer_url` None: there is nothing to answer. `rule`: of a series (RFC 5545)."""

    title: str
    description: str | None
    host_name: str
    span: Span
    rule: str | None
    join_url: str
    meeting_no: str
    password: str | None = None
    answer_url: str | None = None


@dataclass(frozen=True)
class Written:
    """One letter's words."""

    subject: str
    text: str
    html: str


def write_letter(kind: Kind, facts: Facts, locale: str) -> Written:
    """Return the words of a letter in the language of who gets it: Chinese, or else English."""
    language = "zh-CN" if locale.lower().startswith("zh") else "en"
    first_line = _FIRST_LINES[language][kind].format(host=facts.host_name)
    rows = _rows(kind, facts, language)
    return Written(
        subject=_SUBJECTS[language][kind].format(title=facts.title),
        text=_text(facts, first_line, rows, language),
        html=_html(facts, first_line, rows, language),
    )


def describe_span(span: Span, language: str) -> str:
    """Return a time as people read it, in the meeting's own time zone."""
    zone = ZoneInfo(span.time_zone)
    start, end = span.starts_at.astimezone(zone), span.ends_at.astimezone(zone)
    hours = f"{start:%H:%M}–{end:%H:%M}"
    if end.date() != start.date():
        hours += " (+1)"
    if language == "zh-CN":
        day = f"{start.year}年{start.month}月{start.day}日 {_DAYS_ZH[start.weekday()]}"
        return f"{day} {hours}（{span.time_zone}）"
    day = f"{_DAYS_EN[start.weekday()]}, {start.day} {_MONTHS[start.month - 1]} {start.year}"
    return f"{day}, {hours} ({span.time_zone})"


def _rows(kind: Kind, facts: Facts, language: str) -> list[tuple[str, str]]:
    labels = _LABELS[language]
    rows = [(labels["when"], describe_span(facts.span, language))]
    if facts.rule is not None:
        rows.append((labels["repeats"], describe_parts(facts.rule, language)))
    if kind in ("invited", "changed"):
        rows.append((labels["join"], facts.join_url))
        rows.append((labels["number"], " ".join(facts.meeting_no[at : at + 3] for at in (0, 3, 6))))
        if facts.password is not None:
            rows.append((labels["password"], facts.password))
    return rows


def _text(facts: Facts, first_line: str, rows: list[tuple[str, str]], language: str) -> str:
    labels = _LABELS[language]
    lines = [first_line, "", facts.title, ""]
    lines += [f"{label}{labels['colon']}{value}" for label, value in rows]
    if facts.description:
        lines += ["", facts.description]
    if facts.answer_url:
        lines += ["", labels["answer"]]
        lines += [f"{labels[answer]}{labels['colon']}{_answering(facts, answer)}" for answer in _ANSWERS]
    return "\n".join(lines) + "\n"


def _html(facts: Facts, first_line: str, rows: list[tuple[str, str]], language: str) -> str:
    cell = 'style="padding:4px 16px 4px 0;vertical-align:top;text-align:left;font-weight:'
    table = "".join(
        f'<tr><th {cell}600">{escape(label)}</th><td {cell}400">{_linked(value, facts)}</td></tr>'
        for label, value in rows
    )
    body = f'<p>{escape(first_line)}</p><h1 style="font-size:20px">{escape(facts.title)}</h1>'
    body += f'<table role="presentation" style="border-collapse:collapse">{table}</table>'
    if facts.description:
        body += f'<p style="white-space:pre-line">{escape(facts.description)}</p>'
    if facts.answer_url:
        body += _buttons(facts, language)
    style = "font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;color:#1b1b1f"
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
        f'<body style="{style}">{body}</body></html>'
    )


def _linked(value: str, facts: Facts) -> str:
    return f'<a href="{escape(value)}">{escape(value)}</a>' if value == facts.join_url else escape(value)


def _buttons(facts: Facts, language: str) -> str:
    labels = _LABELS[language]
    style = (
        "display:inline-block;padding:8px 20px;margin:4px 8px 4px 0;border:1px solid #3b5bdb;"
        "border-radius:6px;color:#3b5bdb;text-decoration:none"
    )
    links = "".join(
        f'<a href="{escape(_answering(facts, answer))}" style="{style}">{escape(labels[answer])}</a>'
        for answer in _ANSWERS
    )
    return f"<p>{escape(labels['answer'])}</p><p>{links}</p>"


def _answering(facts: Facts, answer: str) -> str:
    return f"{facts.answer_url}?answer={answer}"
