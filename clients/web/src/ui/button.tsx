/** Buttons: a labelled one in four kinds, and a bare icon that always carries a name and a tooltip. */
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";
import { Button as AriaButton, Link, composeRenderProps } from "react-aria-components";
import type { ButtonProps as AriaButtonProps, LinkProps } from "react-aria-components";

import { Hint } from "./hint";
import { Spinner } from "./spinner";
import "./button.css";

type Kind = "primary" | "secondary" | "quiet" | "danger";
type Size = "medium" | "large";

interface ButtonProps extends AriaButtonProps {
  kind?: Kind;
  size?: Size;
  /** Fills the width of its container. */
  wide?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

function buttonClass(kind: Kind, size: Size, wide: boolean): string {
  return `button button-${kind} button-${size}${wide ? " button-wide" : ""}`;
}

export function Button({ kind = "secondary", size = "medium", wide = false, className, ...props }: ButtonProps) {
  return (
    <AriaButton
      {...props}
      className={composeRenderProps(className, (extra) => `${buttonClass(kind, size, wide)} ${extra ?? ""}`)}
    >
      {composeRenderProps(props.children, (children, { isPending }) => (
        <>
          {isPending ? <Spinner /> : null}
          {children}
        </>
      ))}
    </AriaButton>
  );
}

/** Looks like a button, goes somewhere. */
export function ButtonLink({
  kind = "secondary",
  size = "medium",
  wide = false,
  ...props
}: LinkProps & { kind?: Kind; size?: Size; wide?: boolean }) {
  return <Link {...props} className={buttonClass(kind, size, wide)} />;
}

/** Looks like a button, leaves this application: for addresses that the server answers. */
export function ButtonAnchor({
  kind = "secondary",
  size = "medium",
  wide = false,
  children,
  ...props
}: AnchorHTMLAttributes<HTMLAnchorElement> & { kind?: Kind; size?: Size; wide?: boolean }) {
  return (
    <a {...props} className={buttonClass(kind, size, wide)}>
      {children}
    </a>
  );
}

interface IconButtonProps extends Omit<AriaButtonProps, "children" | "className"> {
  label: string;
  icon: ReactNode;
  className?: string;
  /** Keyboard shortcut to show beside the name. */
  keys?: string | undefined;
}

export function IconButton({ label, icon, className = "icon-button", keys, ...props }: IconButtonProps) {
  return (
    <Hint text={label} keys={keys}>
      <AriaButton {...props} aria-label={label} className={className}>
        {icon}
      </AriaButton>
    </Hint>
  );
}
