/** The list of keyboard shortcuts. */
import { Fragment } from "react";
import { useTranslation } from "react-i18next";

import { Dialog } from "../../../ui/dialog";
import { SHORTCUT_KEYS } from "../shortcuts";
import type { ShortcutAction } from "../shortcuts";

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const actions = Object.keys(SHORTCUT_KEYS) as ShortcutAction[];
  return (
    <Dialog title={t("room.shortcuts")} isOpen onClose={onClose}>
      <dl className="facts">
        {actions.map((action) => (
          <div key={action}>
            <dt>{t(`room.shortcut.${action}`)}</dt>
            <dd>
              {SHORTCUT_KEYS[action].map((keys, index) => (
                <Fragment key={keys}>
                  {index === 0 ? null : ` ${t("room.shortcut.or")} `}
                  <kbd>{keys}</kbd>
                </Fragment>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
