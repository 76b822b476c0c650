"""The web client's files: hashed ones kept for ever, compressed ones sent as they lie, one index.html."""

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from meeting_system.kit.problem import problem

BESIDE = Path(__file__).parents[3] / "clients" / "web" / "dist"
"""Where the build leaves it in a checkout."""

PACKED = Path(__file__).parents[1] / "web"
"""Where a wheel carries it."""

PROGRAMS = ("api/", "ws/")
"""What begins like this is for programs: they get a problem, never a page."""

ENCODINGS = (("br", ".br"), ("gzip", ".gz"))

PAGE_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob: mediastream:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "Permissions-Policy": ", ".join(
        (
            "camera=(self)",
            "microphone=(self)",
            "display-capture=(self)",
            "fullscreen=(self)",
            "autoplay=(self)",
            "screen-wake-lock=(self)",
            "speaker-selection=(self)",
            "geolocation=()",
            "payment=()",
            "usb=()",
        )
    ),
}

# The registry of the machine may say otherwise, and a module with another type does not run.
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".html": "text/html",
}

_NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>meeting-system</title>
<h1>The web client is not built yet</h1><p>Run <code>make setup</code> and reload.</p>
<h1>网页客户端尚未构建</h1><p>运行 <code>make setup</code> 后刷新页面。</p>"""


def find_web(configured: Path | None) -> Path | None:
    """Return the folder of the built web client, None when there is none."""
    candidates = [configured] if configured else [BESIDE, PACKED]
    return next((folder.resolve() for folder in candidates if (folder / "index.html").is_file()), None)


@dataclass(frozen=True)
class WebClient:
    """Answers what no route does: an ASGI application."""

    configured: Path | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        # Looked for each time: a build while we run is seen at once.
        folder = find_web(self.configured)
        await answer(Request(scope), folder)(scope, receive, send)


def answer(request: Request, folder: Path | None) -> Response:
    """Return the file asked for, or the page for an address of the client."""
    path = request.url.path.lstrip("/")
    if request.method not in {"GET", "HEAD"} or path.startswith(PROGRAMS):
        return problem(404, "not_found", f"there is nothing at /{path}")
    if folder is None:
        return HTMLResponse(_NOT_BUILT, 503)
    file = find_file(folder, path)
    if file is not None and file.name != "index.html":
        kept = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
        return respond(request, file, kept)
    if path == "index.html":
        return RedirectResponse("/")
    if path.startswith("assets/") or "." in path.rpartition("/")[2]:
        return problem(404, "not_found", f"there is nothing at /{path}")
    return respond(request, folder / "index.html", "no-cache", PAGE_HEADERS)


def find_file(folder: Path, path: str) -> Path | None:
    """Return the file at `path` inside `folder`; what leads out of it is no file."""
    if not path or "\x00" in path:
        return None
    try:
        file = (folder / path).resolve()
        return file if file.is_relative_to(folder) and file.is_file() else None
    except OSError:  # a name too long
        return None


def respond(request: Request, file: Path, kept: str, headers: dict[str, str] | None = None) -> Response:
    """Return the file in the smallest form that lies there and the client takes, or that it is the same."""
    answer_headers = {"Cache-Control": kept, "Vary": "Accept-Encoding", **(headers or {})}
    kind = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    encoding, packed = find_packed(file, request.headers.get("accept-encoding", ""))
    if encoding is not None:
        answer_headers["Content-Encoding"] = encoding
    response = FileResponse(packed, media_type=kind, headers=answer_headers, stat_result=packed.stat())
    if request.headers.get("if-none-match") == response.headers["etag"]:
        return Response(status_code=304, headers=answer_headers | {"ETag": response.headers["etag"]})
    return response


def find_packed(file: Path, accepted: str) -> tuple[str | None, Path]:
    """Return the encoding and the file that the build packed with it; None and `file` itself without one."""
    words = {word.partition(";")[0].strip() for word in accepted.split(",")}
    for encoding, ending in ENCODINGS:
        packed = file.with_name(file.name + ending)
        if encoding in words and packed.is_file():
            return encoding, packed
    return None, file
