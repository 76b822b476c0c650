/** The first screen: what this is, or what the person can do next. */
import { useTranslation } from "react-i18next";

import { useCore, useStore } from "../../../ui/core";
import { PageSpinner } from "../../../ui/spinner";
import { Shell, usePageTitle } from "../../shell";
import { Dashboard } from "./dashboard";
import { Welcome } from "./welcome";
import "./home.css";

export function HomePage() {
  const { t } = useTranslation();
  const user = useStore(useCore().account.user);
  usePageTitle(user ? t("home.title") : "");
  return (
    <Shell>
      {user === null ? <PageSpinner label={t("common.loading")} /> : null}
      {user === false ? <Welcome /> : null}
      {user ? <Dashboard user={user} /> : null}
    </Shell>
  );
}
