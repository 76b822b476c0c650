"""What goes wrong with webhooks, each with its code."""

from meeting_system.kernel.errors import Conflict, FieldError, Invalid, NotFound


class WebhookNotFound(NotFound):
    """The caller has no webhook with this id."""

    code = "webhook_not_found"


class DeliveryNotFound(NotFound):
    """The webhook has no delivery with this id."""

    code = "delivery_not_found"


class TooManyWebhooks(Conflict):
    """There are as many as there may be."""

    code = "too_many_webhooks"


class WebhookUrlRefused(Invalid):
    """An address that is never asked: not HTTPS, a name or a password inside, or a network of our own."""

    code = "webhook_url_refused"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError("/url", detail)])
