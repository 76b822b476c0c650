/** Asks where a new webhook goes and what it is told. */
import { useState } from "react";
import type { UseMutationResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { CreatedWebhook, HookType, NewWebhook } from "../../../core/types";
import { problemCode, useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { Dialog } from "../../../ui/dialog";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Notice } from "../../../ui/notice";
import { Switch } from "../../../ui/switch";
import { HOOK_TYPES } from "../events";

interface CreateDialogProps {
  create: UseMutationResult<CreatedWebhook, Error, NewWebhook>;
  onCreated: (made: CreatedWebhook) => void;
  onClose: () => void;
}

const USUAL: HookType[] = ["meeting.started", "meeting.ended"];
const ADMINISTRATORS = new Set<string>(["admin", "super_admin"]);
const OF_ADDRESS = new Set(["invalid", "webhook_url_refused"]);

export function CreateDialog({ create, onCreated, onClose }: CreateDialogProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const user = useStore(useCore().account.user);
  const mayEverything = user ? ADMINISTRATORS.has(user.role) : false;
  const [url, setUrl] = useState("https://");
  const [description, setDescription] = useState("");
  const [events, setEvents] = useState<HookType[]>(USUAL);
  const [everything, setEverything] = useState(mayEverything);
  const wrongUrl = create.error !== null && OF_ADDRESS.has(problemCode(create.error));
  const choose = (event: HookType, on: boolean) => setEvents(HOOK_TYPES.filter((each) => (each === event ? on : events.includes(each))));
  const submit = () => {
    const wanted = { url: url.trim(), description: description.trim(), events, covers: everything ? "everything" : "mine" } as const;
    create.mutate(wanted, { onSuccess: onCreated });
  };
  return (
    <Dialog title={t("webhooks.create")} isOpen onClose={onClose}>
      <Form className="webhooks-form" onSubmit={submit}>
        {create.error !== null && !wrongUrl ? <Notice kind="danger">{textOf(create.error)}</Notice> : null}
        <Field
          label={t("webhooks.url")}
          hint={t("webhooks.urlHint")}
          type="url"
          autoComplete="off"
          maxLength={1024}
          testId="webhook-url"
          value={url}
          onChange={setUrl}
          error={wrongUrl ? textOf(create.error) : null}
        />
        <Field label={t("webhooks.description")} autoComplete="off" maxLength={200} value={description} onChange={setDescription} />
        <fieldset className="webhooks-events">
          <legend className="field-label">{t("webhooks.events")}</legend>
          {HOOK_TYPES.map((event) => {
            const key = event.replace(".", "_");
            const label = t(`webhooks.event.${key}`);
            return <Switch key={key} label={label} isSelected={events.includes(event)} onChange={(on) => choose(event, on)} />;
          })}
        </fieldset>
        {mayEverything ? <Switch label={t("webhooks.covers.everything")} isSelected={everything} onChange={setEverything} /> : null}
        <Button kind="primary" type="submit" wide isDisabled={events.length === 0} isPending={create.isPending} data-testid="webhook-create">
          {t("webhooks.create")}
        </Button>
      </Form>
    </Dialog>
  );
}
