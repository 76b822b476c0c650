/** One of a list: a button that shows the choice, and a list box under it. */
import type { ReactNode } from "react";
import { Button, Label, ListBox, ListBoxItem, Popover, Select as AriaSelect, SelectValue } from "react-aria-components";
import { Check, ChevronDown } from "lucide-react";

import "./select.css";

export interface Option {
  id: string;
  name: string;
}

interface SelectProps {
  label: string;
  options: Option[];
  value: string | null;
  onChange: (id: string) => void;
  icon?: ReactNode;
  /** The label is only read out, the icon stands for it. */
  labelHidden?: boolean;
  placeholder?: string;
  isDisabled?: boolean;
}

export function Select({ label, options, value, onChange, icon, labelHidden, placeholder, isDisabled }: SelectProps) {
  return (
    <AriaSelect
      className="select"
      value={value}
      onChange={(key) => {
        if (key !== null) onChange(String(key));
      }}
      isDisabled={isDisabled ?? false}
      placeholder={placeholder ?? ""}
    >
      <Label className={labelHidden === true ? "visually-hidden" : "field-label"}>{label}</Label>
      <Button className="select-button">
        {icon}
        <SelectValue className="select-value" />
        <ChevronDown size={16} aria-hidden="true" className="select-chevron" />
      </Button>
      <Popover className="popover select-popover" offset={4}>
        <ListBox className="menu" items={options}>
          {(option) => <Choice option={option} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

function Choice({ option }: { option: Option }) {
  return (
    <ListBoxItem id={option.id} textValue={option.name} className="menu-item">
      {({ isSelected }) => (
        <>
          <span className="menu-check">{isSelected ? <Check size={16} aria-hidden="true" /> : null}</span>
          <span className="menu-text">{option.name}</span>
        </>
      )}
    </ListBoxItem>
  );
}
