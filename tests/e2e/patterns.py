"""What a fake camera and a fake microphone show and say: one colour and one tone a participant.

The picture is a plain colour with a bright bar that walks across it, so that a test can tell whose picture
it sees (hue) and that it moves (two samples differ). The tone comes in bursts: a steady one is taken for
noise by the browser's noise suppression and fades away.
"""

import colorsys
import io
import math
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.async_api import FilePayload

WIDTH, HEIGHT, RATE, FRAMES = 320, 180, 8, 24
BAR = 24
SAMPLE_RATE = 48_000
BURST_S, PAUSE_S, BURSTS = 0.35, 0.15, 8


@dataclass(frozen=True)
class Look:
    """How a participant is recognised: hue in degrees, tone in Hz."""

    name: str
    hue: int
    tone_hz: int


ALICE = Look("Alice", hue=0, tone_hz=500)
BOB = Look("Bob", hue=120, tone_hz=900)
CAROL = Look("Carol", hue=240, tone_hz=1400)


def luma_and_chroma(hue: int) -> tuple[int, int, int]:
    """Full colour of a hue as Y, U, V (BT.601, limited range)."""
    red, green, blue = colorsys.hsv_to_rgb(hue / 360, 1.0, 0.8)
    luma = 16 + 65.5 * red + 128.6 * green + 25.0 * blue
    u = 128 - 37.8 * red - 74.2 * green + 112 * blue
    v = 128 + 112 * red - 93.8 * green - 18.2 * blue
    return round(luma), round(u), round(v)


def picture(name: str) -> FilePayload:
    """A picture as somebody chooses it from their files."""
    buffer = io.BytesIO()
    Image.new("RGB", (800, 600), (20, 120, 110)).save(buffer, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": buffer.getvalue()}


def write_video(path: Path, look: Look, *, width: int = WIDTH, height: int = HEIGHT) -> Path:
    """Write the looping picture as YUV4MPEG2."""
    luma, u, v = luma_and_chroma(look.hue)
    chroma = bytes([u]) * (width * height // 4) + bytes([v]) * (width * height // 4)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{width} H{height} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in range(FRAMES):
            row = bytearray([luma]) * width
            start = frame * (width - BAR) // FRAMES
            row[start : start + BAR] = bytes([235]) * BAR
            out.write(b"FRAME\n" + bytes(row) * height + chroma)
    return path


def write_audio(path: Path, look: Look) -> Path:
    """Write the looping tone as a WAV file."""
    burst = [
        round(12_000 * math.sin(2 * math.pi * look.tone_hz * n / SAMPLE_RATE))
        for n in range(int(SAMPLE_RATE * BURST_S))
    ]
    silence = [0] * int(SAMPLE_RATE * PAUSE_S)
    samples = (burst + silence) * BURSTS
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        out.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path
