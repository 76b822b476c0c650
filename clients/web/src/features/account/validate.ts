/** What can be told about the forms before anything is sent. Answers are translation keys. */

const PASSWORD_MIN_LENGTH = 10;

export interface RegisterInput {
  email: string;
  password: string;
  displayName: string;
}

export type FieldErrors = Partial<Record<keyof RegisterInput, string>>;

/** The server has the last word; this only spares a round trip for what is plainly no address. */
export function emailError(email: string): string | null {
  return /^[^\s@]+@[^\s@]+$/u.test(email.trim()) ? null : "account.emailWrong";
}

export function passwordError(password: string): string | null {
  return Array.from(password).length < PASSWORD_MIN_LENGTH ? "account.passwordShort" : null;
}

export function validateLogin(input: { email: string; password: string }): FieldErrors {
  return present({
    email: emailError(input.email),
    password: input.password === "" ? "account.passwordMissing" : null,
  });
}

export function validateRegister(input: RegisterInput): FieldErrors {
  return present({
    email: emailError(input.email),
    password: passwordError(input.password),
    displayName: input.displayName.trim() === "" ? "account.nameMissing" : null,
  });
}

function present(errors: Record<string, string | null>): FieldErrors {
  return Object.fromEntries(Object.entries(errors).filter(([, error]) => error !== null));
}

/** Which field a refusal of the server belongs to; the rest is told above the form. */
export function fieldOfCode(code: string): keyof RegisterInput | null {
  if (code === "email_taken") return "email";
  if (code === "password_weak") return "password";
  return null;
}
