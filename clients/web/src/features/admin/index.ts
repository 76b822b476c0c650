/** Administration: accounts, live meetings, the audit trail, OAuth clients. */
export { AdminPage } from "./components/admin-page";
export type { AdminPart } from "./parts";
