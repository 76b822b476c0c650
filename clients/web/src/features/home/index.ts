/** Home: start, join, and the meetings so far. */
export { HomePage } from "./components/home-page";
