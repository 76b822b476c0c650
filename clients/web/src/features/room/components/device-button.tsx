/** Microphone or camera: a switch, and beside it the devices to choose from. */
import { Fragment } from "react";
import type { ReactNode } from "react";
import { ChevronUp } from "lucide-react";
import { Button } from "react-aria-components";

import { Menu, MenuChoice } from "../../../ui/menu";
import type { useDeviceChoices } from "../../devices";
import { ControlButton } from "./control-button";

type DeviceChoice = ReturnType<typeof useDeviceChoices>["microphone"];

interface DeviceButtonProps {
  label: string;
  optionsLabel: string;
  icon: ReactNode;
  isOn: boolean;
  hasProblem: boolean;
  keys: string;
  testId: string;
  choices: DeviceChoice[];
  onToggle: () => void;
}

export function DeviceButton(props: DeviceButtonProps) {
  const choices = props.choices.filter((choice) => choice.options.length > 0);
  const trigger = (
    <Button className="control-options" aria-label={props.optionsLabel} isDisabled={choices.length === 0}>
      <ChevronUp size={16} aria-hidden="true" />
    </Button>
  );
  return (
    <div className="control-split" data-off={props.isOn ? undefined : ""}>
      <ControlButton
        label={props.label}
        icon={
          <Fragment>
            {props.icon}
            {props.hasProblem ? <span className="control-alert" aria-hidden="true" /> : null}
          </Fragment>
        }
        keys={props.keys}
        tone={props.isOn ? "plain" : "off"}
        onPress={props.onToggle}
        data-testid={props.testId}
      />
      <Menu trigger={trigger} label={props.optionsLabel} placement="top">
        {choices.map((choice) => (
          <MenuChoice
            key={choice.kind}
            heading={choice.name}
            options={choice.options}
            value={choice.value}
            onChange={choice.choose}
          />
        ))}
      </Menu>
    </div>
  );
}
