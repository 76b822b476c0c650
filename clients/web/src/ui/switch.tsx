/** A setting that is on or off. */
import { Switch as AriaSwitch } from "react-aria-components";

import "./switch.css";

interface SwitchProps {
  label: string;
  isSelected: boolean;
  onChange: (on: boolean) => void;
}

export function Switch({ label, isSelected, onChange }: SwitchProps) {
  return (
    <AriaSwitch className="switch" isSelected={isSelected} onChange={onChange}>
      <span>{label}</span>
      <span className="switch-track" aria-hidden="true" />
    </AriaSwitch>
  );
}
