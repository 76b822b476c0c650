/** Would a meeting work from here? */
export { ConnectionTestPage } from "./components/connection-test-page";
