/** Join by number or link. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { navigate } from "../../../ui/navigation";
import { parseReference } from "../reference";

export function JoinForm() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState(false);

  const submit = () => {
    const reference = parseReference(typed);
    setWrong(reference === null);
    if (reference !== null) navigate(`/m/${reference}`);
  };

  return (
    <Form className="field-row" onSubmit={submit}>
      <Field
        label={t("home.joinLabel")}
        placeholder={t("home.joinPlaceholder")}
        inputMode="text"
        autoComplete="off"
        testId="join-reference"
        value={typed}
        onChange={(value) => {
          setTyped(value);
          setWrong(false);
        }}
        error={wrong ? t("home.joinWrong") : null}
      />
      <Button type="submit" data-testid="join-reference-submit">
        {t("home.join")}
      </Button>
    </Form>
  );
}
