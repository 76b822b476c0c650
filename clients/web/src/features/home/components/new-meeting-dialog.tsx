/** A new meeting with a title, a password, or without guests. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Switch } from "../../../ui/switch";

export interface NewMeeting {
  title?: string;
  password?: string;
  guestsAllowed: boolean;
}

interface NewMeetingDialogProps {
  isOpen: boolean;
  onClose: () => void;
  onStart: (meeting: NewMeeting) => void;
}

export function NewMeetingDialog({ isOpen, onClose, onStart }: NewMeetingDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={t("home.options")} isOpen={isOpen} onClose={onClose}>
      <NewMeetingForm onStart={onStart} />
    </Dialog>
  );
}

function NewMeetingForm({ onStart }: Pick<NewMeetingDialogProps, "onStart">) {
  const { t } = useTranslation();
  const [title, setTitle] = useState("");
  const [password, setPassword] = useState("");
  const [guestsAllowed, setGuestsAllowed] = useState(true);

  const submit = () => {
    onStart({ ...(title.trim() !== "" && { title: title.trim() }), ...(password !== "" && { password }), guestsAllowed });
  };

  return (
    <Form className="new-meeting" onSubmit={submit}>
      <Field
        label={t("home.optionTitle")}
        placeholder={t("home.optionTitlePlaceholder")}
        maxLength={120}
        value={title}
        onChange={setTitle}
      />
      <Field
        label={t("home.optionPassword")}
        type="password"
        autoComplete="off"
        maxLength={64}
        value={password}
        onChange={setPassword}
      />
      <Switch label={t("home.optionGuests")} isSelected={guestsAllowed} onChange={setGuestsAllowed} />
      <Button kind="primary" size="large" wide type="submit">
        {t("home.start")}
      </Button>
    </Form>
  );
}
