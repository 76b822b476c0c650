/** Home of somebody who is not signed in. */
import { useTranslation } from "react-i18next";

import { ButtonLink } from "../../../ui/button";
import { Illustration } from "./illustration";
import { JoinForm } from "./join-form";

export function Welcome() {
  const { t } = useTranslation();
  return (
    <div className="welcome">
      <section className="welcome-text">
        <h1>{t("home.heroTitle")}</h1>
        <p className="welcome-lead">{t("home.heroText")}</p>
        <div className="welcome-actions">
          <ButtonLink kind="primary" size="large" href="/register">
            {t("account.register")}
          </ButtonLink>
          <ButtonLink size="large" href="/login">
            {t("account.signIn")}
          </ButtonLink>
        </div>
        <div className="welcome-join">
          <h2>{t("home.joinTitle")}</h2>
          <JoinForm />
        </div>
      </section>
      <Illustration />
    </div>
  );
}
