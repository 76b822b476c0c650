/** Signing in, registering, and the pages that links in letters lead to. */
export { ConfirmPage } from "./components/confirm-page";
export { ForgotPage } from "./components/forgot-page";
export { LoginPage } from "./components/login-page";
export { RegisterPage } from "./components/register-page";
export { ResetPage } from "./components/reset-page";
