"""What clients send and get about webhooks."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from meeting_system.contracts.webhook import HOOK_TYPES, HookType
from meeting_system.kernel.text import clean_line
from meeting_system.webhook.rules import LONGEST_URL

Covers = Literal["everything", "mine"]
State = Literal["pending", "delivered", "failed"]
Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_URL,
        description="https; only where the operator allows own networks also http",
        examples=["https://hooks.example.org/meetings"],
    ),
]
Description = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean_line)]
Events = Annotated[
    list[HookType],
    Field(
        min_length=1,
        max_length=len(HOOK_TYPES),
        description="what it is told of",
        examples=[["meeting.started", "meeting.ended", "participant.joined"]],
    ),
]


class Body(BaseModel):
    """Base of what is sent: nothing unknown, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewWebhook(Body):
    """POST /webhooks. `covers`: one's own meetings, or for administrators everything."""

    url: Url
    events: Events
    covers: Covers = "mine"
    description: Description | None = Field(default=None, examples=["The booking system"])


class WebhookChange(Body):
    """PATCH /webhooks/{id}: absent is unchanged."""

    url: Url | None = None
    events: Events | None = None
    description: Description | None = Field(default=None, examples=["The booking system"])
    active: bool | None = None

    @model_validator(mode="after")
    def _check(self) -> "WebhookChange":
        for name in ("url", "events", "active"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} can't be null")
        return self


class Webhook(BaseModel):
    """A webhook. `disabled_why`: `gone` when the receiver said 410. `failed`: deliveries that nobody took."""

    webhook_id: str
    url: str
    description: str
    events: list[HookType]
    covers: Covers
    active: bool
    disabled_why: str | None
    former_secret_until: datetime | None
    pending: int
    failed: int
    created_at: datetime
    updated_at: datetime


class CreatedWebhook(Webhook):
    """The one answer with the secret: whoever has it can check who sent a delivery."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="])


class WebhookPage(BaseModel):
    """Newest first."""

    items: list[Webhook]
    next_cursor: str | None


class Attempt(BaseModel):
    """One try. `status`: of the receiver's answer; `error`: why there was none. `answer`: its beginning."""

    at: datetime
    status: int | None
    error: str | None
    detail: str | None
    answer: str | None
    duration_ms: int


class Delivery(BaseModel):
    """An event on its way to a webhook, with every attempt. `next_at`: when it is tried again."""

    delivery_id: str
    event_id: str
    type: str
    occurred_at: datetime
    data: dict[str, object]
    state: State
    attempts: int
    log: list[Attempt]
    next_at: datetime | None
    created_at: datetime
    finished_at: datetime | None


class DeliveryPage(BaseModel):
    """Newest first."""

    items: list[Delivery]
    next_cursor: str | None


class Replayed(BaseModel):
    """How many deliveries are on their way again."""

    count: int
