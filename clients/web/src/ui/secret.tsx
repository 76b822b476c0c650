/** Something that is shown this once, to be copied. */
import { Copy } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Button } from "./button";
import { Notice } from "./notice";
import { useCopy } from "./use-copy";
import "./secret.css";

export function Secret({ text, value }: { text: string; value: string }) {
  const { t } = useTranslation();
  const { copied, failed, copy } = useCopy();
  return (
    <div className="secret">
      <Notice kind="warning">{text}</Notice>
      <code className="secret-value" data-testid="secret">
        {value}
      </code>
      <Button kind="primary" onPress={() => void copy(value)}>
        <Copy size={18} aria-hidden="true" />
        {copied ? t("common.copied") : t("common.copy")}
      </Button>
      <p role="status" className="muted">
        {failed ? t("common.copyFailed") : ""}
      </p>
    </div>
  );
}
