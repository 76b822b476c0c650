/** Shows a secret, the one time that it can be seen. */
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { Notice } from "../../../ui/notice";
import { useCopy } from "../../../ui/use-copy";

export function SecretDialog({ secret, onClose }: { secret: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { copied, failed, copy } = useCopy();
  return (
    <Dialog title={t("webhooks.secretTitle")} isOpen onClose={onClose}>
      <div className="webhooks-form">
        <Notice kind="warning">{t("webhooks.secretText")}</Notice>
        <code className="webhooks-secret" data-testid="webhook-secret">
          {secret}
        </code>
        {failed ? <Notice kind="info">{t("common.copyFailed")}</Notice> : null}
        <Button kind="primary" wide onPress={() => void copy(secret)}>
          {copied ? t("common.copied") : t("webhooks.copySecret")}
        </Button>
      </div>
    </Dialog>
  );
}
