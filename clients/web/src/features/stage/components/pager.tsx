/** Turns the pages of a large grid. */
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";

import { IconButton } from "../../../ui/button";

interface PagerProps {
  page: number;
  pages: number;
  onChange: (page: number) => void;
}

export function Pager({ page, pages, onChange }: PagerProps) {
  const { t } = useTranslation();
  return (
    <nav className="stage-pager" aria-label={t("room.pages")}>
      <IconButton
        label={t("room.previousPage")}
        icon={<ChevronLeft size={20} />}
        isDisabled={page === 0}
        onPress={() => onChange(page - 1)}
      />
      <span className="numeric" aria-live="polite">
        {page + 1} / {pages}
      </span>
      <IconButton
        label={t("room.nextPage")}
        icon={<ChevronRight size={20} />}
        isDisabled={page === pages - 1}
        onPress={() => onChange(page + 1)}
      />
    </nav>
  );
}
