/** The life of an account form: values, what is wrong with them, sending, and where to go afterwards. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { problemCode, useProblemText } from "../../../i18n/problem";
import { navigate, safePath } from "../../../ui/navigation";
import { fieldOfCode } from "../validate";
import type { FieldErrors, RegisterInput } from "../validate";

interface AccountForm {
  values: RegisterInput;
  set: (field: keyof RegisterInput) => (value: string) => void;
  errorOf: (field: keyof RegisterInput) => string | null;
  problem: string | null;
  isPending: boolean;
  submit: () => void;
}

/** `next` in the address says where the person wanted to go before signing in. */
function afterSignIn(): string {
  return safePath(new URLSearchParams(window.location.search).get("next"), "/");
}

export function useAccountForm(
  validate: (values: RegisterInput) => FieldErrors,
  send: (values: RegisterInput) => Promise<unknown>,
): AccountForm {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [values, setValues] = useState<RegisterInput>({ email: "", password: "", displayName: "" });
  const [errors, setErrors] = useState<FieldErrors>({});
  const sending = useMutation({
    mutationFn: send,
    onSuccess: () => {
      navigate(afterSignIn(), "replace");
    },
  });
  const refusedField = sending.error === null ? null : fieldOfCode(problemCode(sending.error));
  return {
    values,
    set: (field) => (value) => {
      setValues((old) => ({ ...old, [field]: value }));
      setErrors((old) => ({ ...old, [field]: undefined }));
      if (field === refusedField) sending.reset();
    },
    errorOf: (field) => {
      const key = errors[field];
      if (key !== undefined) return t(key);
      return field === refusedField ? textOf(sending.error) : null;
    },
    problem: sending.error !== null && refusedField === null ? textOf(sending.error) : null,
    isPending: sending.isPending,
    submit: () => {
      const found = validate(values);
      setErrors(found);
      if (Object.keys(found).length === 0) sending.mutate({ ...values, email: values.email.trim() });
    },
  };
}
