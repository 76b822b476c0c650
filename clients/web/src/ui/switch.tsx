/** A setting that is on or off. */
import { SwitchButton, SwitchField } from "react-aria-components";

import "./switch.css";

interface SwitchProps {
  label: string;
  isSelected: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ label, isSelected, onChange }: SwitchProps) {
  return (
    <SwitchField className="switch-field" isSelected={isSelected} onChange={onChange}>
      <SwitchButton className="switch">
        <span>{label}</span>
        <span className="switch-track" aria-hidden="true" />
      </SwitchButton>
    </SwitchField>
  );
}
