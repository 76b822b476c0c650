/** Signing in and registering. */
export { LoginPage } from "./components/login-page";
export { RegisterPage } from "./components/register-page";
