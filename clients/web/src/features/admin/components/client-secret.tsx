/** What a program signs in with; the secret is shown this once. */
import { useTranslation } from "react-i18next";

import type { CreatedClient } from "../../../core/types";
import { Secret } from "../../../ui/secret";

export function ClientSecret({ client }: { client: CreatedClient }) {
  const { t } = useTranslation();
  return (
    <>
      <p className="clients-id">
        <span className="muted">{t("clients.id")}</span>
        <code data-testid="client-id">{client.clientId}</code>
      </p>
      <Secret text={t("clients.secretOnce")} value={client.clientSecret} />
    </>
  );
}
