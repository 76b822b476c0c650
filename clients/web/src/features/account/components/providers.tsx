/** Other places to log in through, as the server lists them. */
import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";

import { ButtonAnchor } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { safePath } from "../../../ui/navigation";

export function Providers() {
  const { t } = useTranslation();
  const { security } = useCore();
  const config = useQuery({ queryKey: ["config"], queryFn: () => security.config(), staleTime: Infinity });
  const providers = config.data?.providers ?? [];
  if (providers.length === 0) return null;
  const next = safePath(new URLSearchParams(window.location.search).get("next"), "/");
  return (
    <div className="auth-card-providers">
      <p className="muted">{t("account.orThrough")}</p>
      {providers.map(({ name, title }) => (
        <ButtonAnchor
          key={name}
          wide
          size="large"
          href={`/api/v1/auth/sso/${encodeURIComponent(name)}?return_to=${encodeURIComponent(next)}`}
          data-testid={`sso-${name}`}
        >
          <KeyRound size={18} aria-hidden="true" />
          {t("account.through", { title })}
        </ButtonAnchor>
      ))}
    </div>
  );
}
