"""Hostile frames, drawn from a grammar: broken JSON, wrong types, wrong fields, wrong sizes, deep nests."""

import json
import random
from copy import deepcopy
from typing import Any

BROKEN = [
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "null",
    "true",
    "1",
    '"text"',
    "{}",
    "[]",
    "[1]",
    "{,}",
    '{"f"}',
    '{"f":}',
    '{"f":"ping",}',
    '{"f":"ping" "n":1}',
    "{'f':'ping'}",
    '{"f":"ping","n":NaN,"t":0}',
    '{"f":"ping","n":1,"t":Infinity}',
    '{"f":"ping","n":1,"t":1e999}',
    '{"f":"ping","n":01,"t":0}',
    '{"f":"ping","n":1,"t":-}',
    '{"f":"ping","n":1,"t":.5}',
    '{"f":"\\ud800","n":1,"t":0}',
    '{"f":"ping","n":1e400,"t":0}',
    '{"f":"ping","n":123456789012345678901234567890,"t":0}',
    '{"f":"ping","n":1,"t":0}{}',
    '{"f":"ping","n":1,"t":0} x',
    '\ufeff{"f":"ping","n":1,"t":0}',
    '{"f":"pi\x00ng"}',
    '{"f":"ping","n":1,"t":0}//',
    "[" * 2000,
    '{"a":' * 1500,
    "\x00" * 10,
    "\\u0000",
    '{"f":"cmd","cid":1,"t":"chat.send","d":' + '{"x":' * 40 + "1" + "}" * 41,
]
VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63),
    0.5,
    1e308,
    "",
    "x",
    "x" * 65,
    "x" * 5000,
    "\u0000",
    "💥" * 50,
    "../../etc/passwd",
    "' OR 1=1 --",
    "\r\nSET x y",
    [],
    [[]],
    {},
    {"": ""},
    [1, "a", None],
    {"f": "cmd"},
]
FRAMES: list[dict[str, Any]] = [
    {"f": "identify", "ticket": "t" * 22, "meeting_id": "m", "device_id": "d", "caps": [], "v": 1},
    {"f": "resume", "sid": "s", "resume_token": "t" * 22, "epoch": "e", "ro": 0, "po": 0, "media": False},
    {"f": "cmd", "cid": 1, "t": "chat.send", "d": {"body": "x"}},
    {"f": "cmd", "cid": 1, "t": "self.update", "d": {"hand": True, "display_name": "x"}},
    {"f": "cmd", "cid": 1, "t": "media.offer", "d": {"generation": 1, "sdp": "v=0"}},
    {"f": "cmd", "cid": 1, "t": "media.layout", "d": {"slots": []}},
    {"f": "cmd", "cid": 1, "t": "reaction.send", "d": {"emoji": "x"}},
    {"f": "pos", "ro": 0, "po": 0},
    {"f": "ping", "n": 1, "t": 0.0},
    {"f": "pong", "n": 1, "t": 0.0},
    {"f": "bye", "code": "left"},
    {"f": "ev", "st": "r"},
]


def hostile_frame(draw: random.Random) -> str:
    """Draw one frame: none of them is well-formed, or nearly none."""
    if draw.random() < 0.2:
        return draw.choice(BROKEN)
    frame = json.loads(json.dumps(draw.choice(FRAMES)))
    for _ in range(draw.randrange(1, 4)):
        spoil(draw, frame)
    text = json.dumps(frame, ensure_ascii=draw.random() < 0.5)
    if draw.random() < 0.2:
        at = draw.randrange(len(text) + 1)
        text = text[:at] + draw.choice(["", "\x00", "{", '"', "\\", ",", "\ud800", "\uffff"]) + text[at + 1 :]
    return text


def spoil(draw: random.Random, frame: dict[str, Any]) -> None:
    """Change one thing in a frame, or in what is inside of it."""
    target = frame["d"] if isinstance(frame.get("d"), dict) and frame["d"] and draw.random() < 0.6 else frame
    names = list(target) or ["f"]
    roll = draw.random()
    if roll < 0.6:
        target[draw.choice(names)] = deepcopy(draw.choice(VALUES))
    elif roll < 0.8:
        target.pop(draw.choice(names), None)
    else:
        target[draw.choice(["x", "__proto__", "cid", "sid", "gen", ""])] = deepcopy(draw.choice(VALUES))
