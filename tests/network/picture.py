"""A picture that is worth its bitrate: texture that moves, under the colour and the bar by which it is known.

A plain colour is compressed to nothing, and then no network is too narrow for it.
"""

from pathlib import Path
from random import Random

from tests.e2e.patterns import BAR, Look, luma_and_chroma

WIDTH, HEIGHT, RATE = 640, 360, 15
FRAMES = 45
STEP = 7  # pixels a frame: too far for a still picture, near enough for a search of motion
FRESH_ROWS = 40  # rows that nothing predicts
CONTRAST = 40


def write_textured_video(path: Path, look: Look) -> Path:
    """Write the looping picture as YUV4MPEG2: about 500 kbit/s as VP8 at a low price for the encoder."""
    luma, u, v = luma_and_chroma(look.hue)
    chroma = bytes([u]) * (WIDTH * HEIGHT // 4) + bytes([v]) * (WIDTH * HEIGHT // 4)
    random = Random(look.hue)
    shade = bytes(max(16, min(235, luma + (value % CONTRAST) - CONTRAST // 2)) for value in range(256))
    texture = coarse(random, WIDTH + STEP * FRAMES, HEIGHT)
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in range(FRAMES):
            fresh = coarse(random, WIDTH, FRESH_ROWS)
            rows = [row[frame * STEP : frame * STEP + WIDTH] for row in texture[FRESH_ROWS:]] + fresh
            bar = frame * (WIDTH - 2 * BAR) // FRAMES
            shaded = (row.translate(shade) for row in rows)
            picture = b"".join(row[:bar] + b"\xeb" * 2 * BAR + row[bar + 2 * BAR :] for row in shaded)
            out.write(b"FRAME\n" + picture + chroma)
    return path


def coarse(random: Random, width: int, height: int) -> list[bytes]:
    """Return rows of noise whose grain is four pixels: finer grain is what encoders leave out first."""
    rows: list[bytes] = []
    while len(rows) < height:
        grains = random.randbytes(width // 4 + 1)
        row = bytes(grain for grain in grains for _ in range(4))[:width]
        rows += [row] * 4
    return rows[:height]
