/** Newer and older, where there is more than a page. */
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Button } from "../../../ui/button";

interface PagerProps {
  goNewer: (() => void) | null;
  goOlder: (() => void) | null;
}

export function Pager({ goNewer, goOlder }: PagerProps) {
  const { t } = useTranslation();
  if (goNewer === null && goOlder === null) return null;
  return (
    <div className="admin-pager">
      <Button kind="quiet" isDisabled={goNewer === null} onPress={() => goNewer?.()}>
        <ChevronLeft size={18} aria-hidden="true" />
        {t("admin.newer")}
      </Button>
      <Button kind="quiet" isDisabled={goOlder === null} onPress={() => goOlder?.()}>
        {t("admin.older")}
        <ChevronRight size={18} aria-hidden="true" />
      </Button>
    </div>
  );
}
