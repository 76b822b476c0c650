/** A labelled field of several lines. */
import { Label, TextArea, TextField } from "react-aria-components";

import "./field.css";

interface TextBoxProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  maxLength: number;
  rows?: number;
}

export function TextBox({ label, rows = 3, ...props }: TextBoxProps) {
  return (
    <TextField {...props} className="field">
      <Label className="field-label">{label}</Label>
      <TextArea className="field-input field-area" rows={rows} />
    </TextField>
  );
}
