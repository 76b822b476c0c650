/** A labelled text field with its hint and its error. */
import { useState } from "react";
import { FieldError, Input, Label, Text, TextField } from "react-aria-components";
import type { TextFieldProps } from "react-aria-components";
import { Eye, EyeOff } from "lucide-react";
import { useTranslation } from "react-i18next";

import { IconButton } from "./button";
import "./field.css";

interface FieldProps extends Omit<TextFieldProps, "children" | "className"> {
  label: string;
  /** Said below the field, before anything is wrong. */
  hint?: string | undefined;
  /** What is wrong with the value; shown instead of the hint. */
  error?: string | null | undefined;
  testId?: string;
  placeholder?: string;
}

export function Field({ label, hint, error, testId, placeholder, type = "text", ...props }: FieldProps) {
  const [revealed, setRevealed] = useState(false);
  const isPassword = type === "password";
  const wrong = error !== null && error !== undefined;
  return (
    <TextField {...props} type={isPassword && revealed ? "text" : type} isInvalid={wrong} className="field">
      <Label className="field-label">{label}</Label>
      <div className="field-box">
        <Input className="field-input" data-testid={testId} placeholder={placeholder ?? ""} />
        {isPassword ? <Reveal revealed={revealed} onChange={setRevealed} /> : null}
      </div>
      {hint !== undefined && !wrong ? (
        <Text slot="description" className="field-hint">
          {hint}
        </Text>
      ) : null}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}

function Reveal({ revealed, onChange }: { revealed: boolean; onChange: (revealed: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <IconButton
      className="field-reveal"
      label={revealed ? t("common.hidePassword") : t("common.showPassword")}
      icon={revealed ? <EyeOff size={18} /> : <Eye size={18} />}
      onPress={() => {
        onChange(!revealed);
      }}
    />
  );
}
