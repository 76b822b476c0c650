/** The page of webhooks, for whoever is signed in; administrators see everybody's. */
import { useTranslation } from "react-i18next";

import { useCore, useStore } from "../../../ui/core";
import { AppLink } from "../../../ui/navigation";
import { PageSpinner } from "../../../ui/spinner";
import { Message, Shell, usePageTitle } from "../../shell";
import { WebhooksPart } from "./webhooks-part";
import "./webhooks.css";

export function WebhooksPage() {
  const { t } = useTranslation();
  const user = useStore(useCore().account.user);
  usePageTitle(t("webhooks.title"));
  if (user === null) return <PageSpinner label={t("common.loading")} />;
  if (user === false) {
    return (
      <Shell centred>
        <Message title={t("webhooks.title")} text={t("problem.unauthenticated")}>
          <AppLink href={`/login?next=${encodeURIComponent(window.location.pathname)}`}>{t("account.signIn")}</AppLink>
        </Message>
      </Shell>
    );
  }
  return (
    <Shell>
      <div className="webhooks">
        <h1>{t("webhooks.title")}</h1>
        <WebhooksPart />
      </div>
    </Shell>
  );
}
