"""An encoder as people have it: FFmpeg's WHIP muxer, sending a red picture and a tone as H264 and Opus.

A program of its own (`python encoder.py URL TOKEN FOLDER`), since PyAV keeps the interpreter while FFmpeg
talks HTTP. It runs until it is ended, or FFmpeg gives up; SIGTERM lets FFmpeg send its DELETE.
"""

import datetime
import math
import signal
import struct
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

WIDTH, HEIGHT, RATE = 320, 240, 30
SAMPLES, SAMPLE_RATE = 960, 48_000
TONE_HZ = 440.0
RED = (81, 90, 240)  # Y, U, V

stopping = []


def write_certificate(folder: Path) -> dict[str, str]:
    """Make a key on P-256: FFmpeg with GnuTLS draws one on P-224, which no WebRTC stack takes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "encoder")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "encoder.key", folder / "encoder.crt"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return {"cert_file": str(certificate_file), "key_file": str(key_file)}


def red_picture(number: int) -> av.VideoFrame:
    """A red frame with a bar that moves."""
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, value in zip(frame.planes, RED, strict=True):
        row = bytes([value]) * plane.line_size
        plane.update(row * plane.height)
    luma = bytearray(bytes(frame.planes[0]))
    start = (number * 4 % (HEIGHT - 8)) * frame.planes[0].line_size
    luma[start : start + 8 * frame.planes[0].line_size] = bytes([120]) * (8 * frame.planes[0].line_size)
    frame.planes[0].update(bytes(luma))
    frame.pts = number
    frame.time_base = Fraction(1, RATE)
    return frame


def tone(number: int) -> av.AudioFrame:
    """20 ms of a sine, stereo."""
    frame = av.AudioFrame(format="s16", layout="stereo", samples=SAMPLES)
    frame.sample_rate = SAMPLE_RATE
    values = (
        int(12_000 * math.sin(2 * math.pi * TONE_HZ * (number * SAMPLES + at) / SAMPLE_RATE))
        for at in range(SAMPLES)
    )
    frame.planes[0].update(b"".join(struct.pack("<hh", value, value) for value in values))
    frame.pts = number * SAMPLES
    frame.time_base = Fraction(1, SAMPLE_RATE)
    return frame


def publish(url: str, token: str, folder: Path) -> None:
    """Encode and send in real time."""
    options = {"authorization": token} | write_certificate(folder)
    with av.open(url, "w", format="whip", options=options) as output:
        coder = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": str(RATE)}
        video = output.add_stream("libx264", rate=RATE, options=coder)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = output.add_stream("libopus", rate=SAMPLE_RATE)
        audio.layout = "stereo"
        started, pictures, sounds = time.monotonic(), 0, 0
        while not stopping:
            output.mux(video.encode(red_picture(pictures)))
            pictures += 1
            while sounds * SAMPLES / SAMPLE_RATE < pictures / RATE:
                output.mux(audio.encode(tone(sounds)))
                sounds += 1
            time.sleep(max(0.0, started + pictures / RATE - time.monotonic()))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    if "--loud" in sys.argv:
        av.logging.set_level(av.logging.DEBUG)
        av.logging.restore_default_callback()
    publish(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
