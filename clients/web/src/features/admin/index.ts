/** Administration: accounts, live meetings, the audit trail. */
export { AdminPage } from "./components/admin-page";
export type { AdminPart } from "./parts";
