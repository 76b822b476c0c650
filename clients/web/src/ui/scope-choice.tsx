/** What a program may do: each scope by its name, with what it allows. */
import { useId } from "react";
import { useTranslation } from "react-i18next";

import "./scope-choice.css";

interface ScopeChoiceProps {
  scopes: string[];
  value: string[];
  onChange: (value: string[]) => void;
}

export function ScopeChoice({ scopes, value, onChange }: ScopeChoiceProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="scope-choice">
      <legend className="field-label">{t("scopes.title")}</legend>
      {scopes.map((scope) => (
        <ScopeBox
          key={scope}
          scope={scope}
          isChosen={value.includes(scope)}
          onChange={(on) => onChange(scopes.filter((each) => (each === scope ? on : value.includes(each))))}
        />
      ))}
    </fieldset>
  );
}

interface ScopeBoxProps {
  scope: string;
  isChosen: boolean;
  onChange: (on: boolean) => void;
}

function ScopeBox({ scope, isChosen, onChange }: ScopeBoxProps) {
  const { t } = useTranslation();
  const id = useId();
  const key = scope.replace(":", "_");
  return (
    <label className="scope">
      <input
        type="checkbox"
        checked={isChosen}
        onChange={({ target }) => onChange(target.checked)}
        aria-labelledby={`${id}-name`}
        aria-describedby={`${id}-text`}
      />
      <span className="scope-text">
        <code id={`${id}-name`}>{scope}</code>
        <span id={`${id}-text`} className="muted">
          {/* A scope of a newer server has no text here yet. */}
          {t(`scopes.${key}`, { defaultValue: "" })}
        </span>
      </span>
    </label>
  );
}
