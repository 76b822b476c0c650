/** Planning a meeting. */
export { OptionsFields } from "./components/options-fields";
export { InviteeField } from "./components/invitee-field";
export { EditPage, SchedulePage } from "./components/schedule-page";
