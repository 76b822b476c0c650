/** What only people with an account see; others are led to the door and back. */
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ButtonLink } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { PageSpinner } from "../../../ui/spinner";
import { Message } from "./message";

export function SignedIn({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const user = useStore(useCore().account.user);
  if (user === null) return <PageSpinner label={t("common.loading")} />;
  if (user) return children;
  return (
    <Message title={t("problem.unauthenticated")}>
      <ButtonLink kind="primary" href={`/login?next=${encodeURIComponent(window.location.pathname)}`}>
        {t("account.signIn")}
      </ButtonLink>
    </Message>
  );
}
