/** One of a long list, found by typing. */
import { memo } from "react";
import { Button, ComboBox as AriaComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { ChevronDown } from "lucide-react";

import type { Option } from "./select";
import "./select.css";
import "./combo-box.css";

interface ComboBoxProps {
  label: string;
  options: Option[];
  value: string;
  onChange: (id: string) => void;
  testId?: string;
}

/** Remembered: a list of hundreds is not built anew with every letter typed elsewhere. */
export const ComboBox = memo(function ComboBox({ label, options, value, onChange, testId }: ComboBoxProps) {
  return (
    <AriaComboBox
      className="select"
      defaultItems={options}
      value={value}
      onChange={(key) => {
        if (key !== null) onChange(String(key));
      }}
    >
      <Label className="field-label">{label}</Label>
      <div className="field-box">
        <Input className="field-input" data-testid={testId} />
        <Button className="combo-button">
          <ChevronDown size={16} aria-hidden="true" />
        </Button>
      </div>
      <Popover className="popover select-popover" offset={4}>
        <ListBox className="menu">
          {(option: Option) => (
            <ListBoxItem id={option.id} textValue={option.name} className="menu-item">
              <span className="menu-text">{option.name}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </AriaComboBox>
  );
});
