/** Microphones, cameras and speakers: choosing them, switching them, hearing them. */
export { DeviceSelects } from "./components/device-selects";
export { useDeviceChoices } from "./hooks/use-devices";
export { useSilentMicrophone } from "./hooks/use-silent-microphone";
export { useSwitches } from "./hooks/use-switches";
