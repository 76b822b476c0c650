/** The frame of the administration: its parts as links, and the one that is open. */
import { useTranslation } from "react-i18next";

import { useCore, useStore } from "../../../ui/core";
import { AppLink } from "../../../ui/navigation";
import { PageSpinner } from "../../../ui/spinner";
import { Message, NotFoundPage, Shell, usePageTitle } from "../../shell";
import { WebhooksPage, WebhooksPart } from "../../webhooks";
import { isAdmin } from "../ranks";
import { PARTS } from "../parts";
import type { AdminPart } from "../parts";
import { AuditPart } from "./audit-part";
import { ClientsPart } from "./clients-part";
import { LivePart } from "./live-part";
import { UsersPart } from "./users-part";
import "./admin.css";

const SHOWN = { users: UsersPart, live: LivePart, audit: AuditPart, clients: ClientsPart, webhooks: WebhooksPart };

export function AdminPage({ part }: { part: AdminPart }) {
  const { t } = useTranslation();
  const user = useStore(useCore().account.user);
  usePageTitle(t("admin.title"));
  if (user === null) return <PageSpinner label={t("common.loading")} />;
  if (user === false) {
    return (
      <Shell centred>
        <Message title={t("admin.title")} text={t("problem.unauthenticated")}>
          <AppLink href={`/login?next=${encodeURIComponent(window.location.pathname)}`}>{t("account.signIn")}</AppLink>
        </Message>
      </Shell>
    );
  }
  // Everybody may have webhooks for their own meetings.
  if (!isAdmin(user.role)) return part === "webhooks" ? <WebhooksPage /> : <NotFoundPage />;
  const Part = SHOWN[part];
  return (
    <Shell>
      <div className="admin">
        <h1>{t("admin.title")}</h1>
        <nav className="admin-nav" aria-label={t("admin.title")}>
          {PARTS.map((each) => (
            <AppLink key={each.part} href={each.path} {...(each.part === part && { "aria-current": "page" as const })}>
              {t(`admin.part.${each.part}`)}
            </AppLink>
          ))}
        </nav>
        <Part />
      </div>
    </Shell>
  );
}
