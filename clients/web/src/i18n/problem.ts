/** Turns a failure into a sentence for the person, by its code. */
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

import type { Problem } from "../core/types";

function isProblem(error: unknown): error is Problem {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string";
}

export function problemCode(error: unknown): string {
  return isProblem(error) ? error.code : "internal";
}

/** A sentence in the person's language; a code that nobody translated becomes the general one with its trace id. */
export function useProblemText(): (error: unknown) => string {
  const { t, i18n } = useTranslation();
  return useCallback(
    (error: unknown) => {
      const code = problemCode(error);
      const seconds = isProblem(error) ? error.retryAfterS : null;
      if (code === "too_many" && seconds !== null) return t("problem.too_many_wait", { count: Math.ceil(seconds) });
      const text = i18n.exists(`problem.${code}`) ? t(`problem.${code}`) : t("problem.internal");
      const trace = isProblem(error) ? error.traceId : null;
      return code === "internal" && trace !== null ? `${text} (${trace})` : text;
    },
    [t, i18n],
  );
}
