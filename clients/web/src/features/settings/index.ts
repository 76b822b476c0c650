/** Profile, language, devices, security. */
export { SettingsPage } from "./components/settings-page";
