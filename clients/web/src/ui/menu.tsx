/** A menu behind a button. */
import type { ReactElement, ReactNode } from "react";
import { Header, Menu as AriaMenu, MenuItem, MenuSection, MenuTrigger, Popover, Separator, Text } from "react-aria-components";
import type { PopoverProps } from "react-aria-components";
import { Check } from "lucide-react";

interface MenuProps {
  trigger: ReactElement;
  label: string;
  children: ReactNode;
  placement?: PopoverProps["placement"];
}

export function Menu({ trigger, label, children, placement }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" offset={8} placement={placement ?? "bottom end"}>
        <AriaMenu className="menu" aria-label={label}>
          {children}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

interface MenuActionProps {
  id: string;
  icon?: ReactNode;
  name: string;
  /** What comes of it, in a line below. */
  hint?: string | undefined;
  onAction: () => void;
  danger?: boolean;
  testId?: string;
}

export function MenuAction({ id, icon, name, hint, onAction, danger, testId }: MenuActionProps) {
  return (
    <MenuItem
      id={id}
      textValue={name}
      onAction={onAction}
      className={danger === true ? "menu-item menu-item-danger" : "menu-item"}
      data-testid={testId}
    >
      {icon}
      <span className="menu-text">
        <Text slot="label">{name}</Text>
        {hint === undefined ? null : (
          <Text slot="description" className="menu-hint">
            {hint}
          </Text>
        )}
      </span>
    </MenuItem>
  );
}

interface MenuChoiceProps {
  heading: string;
  options: { id: string; name: string }[];
  value: string | null;
  onChange: (id: string) => void;
}

/** A group of the menu of which one is chosen. */
export function MenuChoice({ heading, options, value, onChange }: MenuChoiceProps) {
  return (
    <MenuSection
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={value === null ? [] : [value]}
      onSelectionChange={(keys) => {
        const chosen = keys === "all" ? undefined : [...keys][0];
        if (chosen !== undefined) onChange(String(chosen));
      }}
    >
      <Header className="menu-heading">{heading}</Header>
      {options.map((option) => (
        <MenuItem key={option.id} id={option.id} textValue={option.name} className="menu-item">
          {({ isSelected }) => (
            <>
              <span className="menu-check">{isSelected ? <Check size={16} aria-hidden="true" /> : null}</span>
              <span className="menu-text">{option.name}</span>
            </>
          )}
        </MenuItem>
      ))}
    </MenuSection>
  );
}

export function MenuSeparator() {
  return <Separator className="menu-separator" />;
}
