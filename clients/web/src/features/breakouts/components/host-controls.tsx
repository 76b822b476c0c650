/** Open, extend, say to all, close. */
import { useState } from "react";
import { SendHorizontal } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Breakouts } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Button, IconButton } from "../../../ui/button";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { useSession } from "../../../ui/meeting";
import { Select } from "../../../ui/select";
import { useCountdown } from "../hooks/use-countdown";

const MINUTES = [5, 10, 15, 20, 30, 45, 60];
const EXTEND_S = 300;
const COUNTDOWN_S = 60;

export function HostControls({ breakouts }: { breakouts: Breakouts }) {
  return breakouts.status === "planned" ? <BeforeOpening /> : <WhileOpen breakouts={breakouts} />;
}

function BeforeOpening() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const [minutes, setMinutes] = useState("0");
  const times = MINUTES.map((each) => ({ id: String(each), name: t("breakouts.minutes", { count: each }) }));
  return (
    <div className="breakout-controls">
      <Select
        label={t("breakouts.timer")}
        options={[{ id: "0", name: t("breakouts.noTimer") }, ...times]}
        value={minutes}
        onChange={setMinutes}
      />
      <Button
        kind="primary"
        onPress={() => attempt(session.openBreakouts(minutes === "0" ? null : Number(minutes) * 60))}
        data-testid="start-breakouts"
      >
        {t("breakouts.open")}
      </Button>
      <Button onPress={() => attempt(session.closeBreakouts(0))} data-testid="discard-breakouts">
        {t("breakouts.discard")}
      </Button>
    </div>
  );
}

function WhileOpen({ breakouts }: { breakouts: Breakouts }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const left = useCountdown(breakouts.endsAt);
  const isClosing = breakouts.status === "closing";
  return (
    <>
      {left === null ? null : <p className="numeric">{t("breakouts.timeLeft", { time: left })}</p>}
      <div className="breakout-controls">
        <Button onPress={() => attempt(session.extendBreakouts(EXTEND_S))} data-testid="extend-breakouts">
          {t("breakouts.extend", { count: EXTEND_S / 60 })}
        </Button>
        {isClosing ? null : (
          <Button onPress={() => attempt(session.closeBreakouts(COUNTDOWN_S))} data-testid="close-breakouts-soon">
            {t("breakouts.closeIn", { count: COUNTDOWN_S })}
          </Button>
        )}
        <Button kind="danger" onPress={() => attempt(session.closeBreakouts(0))} data-testid="close-breakouts">
          {t("breakouts.closeNow")}
        </Button>
      </div>
      <Broadcast />
    </>
  );
}

function Broadcast() {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const [body, setBody] = useState("");
  const send = () => {
    if (body.trim() === "") return;
    attempt(session.broadcastToBreakouts(body));
    setBody("");
  };
  return (
    <Form className="field-row field-row-end" onSubmit={send}>
      <Field label={t("breakouts.sayToAll")} value={body} onChange={setBody} maxLength={500} testId="breakout-message" />
      <IconButton
        type="submit"
        label={t("breakouts.send")}
        icon={<SendHorizontal size={20} />}
        isDisabled={body.trim() === ""}
        data-testid="breakout-send"
      />
    </Form>
  );
}
