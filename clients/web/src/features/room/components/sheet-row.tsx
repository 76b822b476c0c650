/** One line of a bottom sheet. */
import type { ReactNode } from "react";
import { Button } from "react-aria-components";

interface SheetRowProps {
  icon: ReactNode;
  name: string;
  onPress: () => void;
  testId?: string;
}

export function SheetRow({ icon, name, onPress, testId }: SheetRowProps) {
  return (
    <Button className="sheet-row" onPress={onPress} data-testid={testId}>
      {icon}
      <span>{name}</span>
    </Button>
  );
}
