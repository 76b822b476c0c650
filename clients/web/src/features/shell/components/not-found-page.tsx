/** There is nothing at this address. */
import { useTranslation } from "react-i18next";

import { ButtonLink } from "../../../ui/button";
import { usePageTitle } from "../hooks/use-page-title";
import { Message } from "./message";
import { Shell } from "./shell";

export function NotFoundPage() {
  const { t } = useTranslation();
  usePageTitle(t("common.notFoundTitle"));
  return (
    <Shell centred>
      <Message title={t("common.notFoundTitle")} text={t("common.notFoundText")}>
        <ButtonLink kind="primary" href="/">
          {t("common.home")}
        </ButtonLink>
      </Message>
    </Shell>
  );
}
