/** Confirming an e-mail address by the link in a letter. A press, since mail programs open links by themselves. */
import { useMutation } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button, ButtonLink } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { Message, Shell, usePageTitle } from "../../shell";
import { useLinkToken } from "../hooks/use-link-token";

export function ConfirmPage() {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const token = useLinkToken();
  const confirming = useMutation({ mutationFn: () => security.confirmEmail(token) });
  usePageTitle(t("account.confirmTitle"));
  const done = confirming.isSuccess;
  return (
    <Shell centred>
      <Message
        title={t(done ? "account.confirmedTitle" : "account.confirmTitle")}
        text={t(done ? "account.confirmedText" : "account.confirmText")}
        icon={<MailCheck size={32} />}
      >
        {confirming.error === null ? null : <Notice kind="danger">{textOf(confirming.error)}</Notice>}
        {done ? (
          <ButtonLink kind="primary" href="/">
            {t("common.home")}
          </ButtonLink>
        ) : (
          <Button kind="primary" size="large" isPending={confirming.isPending} onPress={() => confirming.mutate()} data-testid="confirm-email">
            {t("account.confirm")}
          </Button>
        )}
      </Message>
    </Shell>
  );
}
