"""HTTP: /bigbluebutton/api, by GET and by POST, answered with XML and always with 200, as clients expect."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from meeting_system.bigbluebutton import entering
from meeting_system.bigbluebutton.answers import failure, success
from meeting_system.bigbluebutton.calls import ANSWERED_AS_JSON, CALLS, JOIN
from meeting_system.bigbluebutton.checksum import is_right, split_checksum
from meeting_system.bigbluebutton.context import Context
from meeting_system.bigbluebutton.errors import BigBlueButtonOff, Failed, checksum_error
from meeting_system.bigbluebutton.parameters import Parameters, read_parameters
from meeting_system.kernel.errors import AppError
from meeting_system.kit.log import logger

log = logger(__name__)

PATH = "/bigbluebutton/api"
FORM = "application/x-www-form-urlencoded"
NO_STORE = {"Cache-Control": "no-store"}
VERSION = {"version": "2.0", "apiVersion": "2.0", "bbbVersion": ""}


def create_routes(context: Context) -> Sequence[BaseRoute]:
    """Return the routes of every call."""

    async def show_version(_request: Request) -> Response:
        _secret(context)
        return _xml(success(VERSION))

    async def answer_call(request: Request) -> Response:
        secret = _secret(context)
        call = request.path_params["call"].strip("/")
        try:
            return await _answer(context, request, call, secret)
        except Failed as failed:
            return _xml(failure(failed.message_key, failed.message))
        except AppError as error:
            log.info("bigbluebutton_call_failed", call=call, code=error.code)
            return _xml(failure("generalError", error.detail))

    return [
        Route(PATH, show_version, methods=["GET"]),
        Route(f"{PATH}/", show_version, methods=["GET"]),
        Route(f"{PATH}/{{call:path}}", answer_call, methods=["GET", "POST"]),
    ]


async def _answer(context: Context, request: Request, call: str, secret: str) -> Response:
    query = request.scope["query_string"].decode("latin-1")
    form = (await request.body()).decode("utf-8", "replace") if _is_form(request) else ""
    if not _is_signed(context, call, query, form, secret):
        raise checksum_error()
    parameters = read_parameters(query, form)
    if call == JOIN:
        return await _enter(context, request, parameters)
    known = CALLS.get(call)
    if known is None:
        raise Failed("unsupportedRequest", "This request is not supported.")
    answer = await known(context, parameters)
    if call in ANSWERED_AS_JSON:
        return Response(answer, media_type="application/json", headers=NO_STORE)
    return _xml(answer)


async def _enter(context: Context, request: Request, parameters: Parameters) -> Response:
    if request.method != "GET":
        raise Failed("unsupportedRequest", "join is a link for a browser: GET only.")
    entered = await entering.enter(context, parameters, base_url=str(request.base_url))
    return RedirectResponse(entered.url, 302, NO_STORE) if entered.redirects else _xml(entered.answer)


def _is_signed(context: Context, call: str, query: str, form: str, secret: str) -> bool:
    """Tell whether the checksum is right: of the address, and where that is in a form, of the empty address
    or of the form, since clients differ."""
    signed, checksum = split_checksum(query)
    choices = [(signed, checksum)]
    if not checksum and form:
        of_form, checksum = split_checksum(form)
        choices = [(signed, checksum), (of_form, checksum)]
    allowed = context.settings.algorithms
    return any(is_right(call, text, given, secret, allowed) for text, given in choices)


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return request.method == "POST" and kind == FORM


def _secret(context: Context) -> str:
    if context.settings.secret is None:
        raise BigBlueButtonOff("this API is off: the operator sets MEETING_BIGBLUEBUTTON__SECRET to have it")
    return context.settings.secret.get_secret_value()


def _xml(content: bytes) -> Response:
    return Response(content, media_type="text/xml; charset=utf-8", headers=NO_STORE)
