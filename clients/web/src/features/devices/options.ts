/** Devices as choices of a list. */
import type { Option } from "../../ui/select";

/** Before permission browsers give devices without id or name: those can't be chosen yet. */
export function deviceOptions(devices: MediaDeviceInfo[], unnamed: string): Option[] {
  const known = devices.filter((device) => device.deviceId !== "");
  return known.map((device, index) => ({
    id: device.deviceId,
    name: device.label === "" ? `${unnamed} ${index + 1}` : device.label,
  }));
}

/** The chosen one if it is still there, else the first. */
export function presentChoice(options: Option[], chosen: string | null): string | null {
  return (options.find((option) => option.id === chosen) ?? options[0])?.id ?? null;
}
