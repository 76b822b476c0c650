/** The frame around every page outside a meeting. */
export { Brand } from "./components/brand";
export { Message } from "./components/message";
export { NotFoundPage } from "./components/not-found-page";
export { Shell } from "./components/shell";
export { SignedIn } from "./components/signed-in";
export { useLocale } from "./hooks/use-locale";
export { usePageTitle } from "./hooks/use-page-title";
