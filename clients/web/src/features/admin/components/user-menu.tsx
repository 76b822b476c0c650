/** What can be done with one account. */
import { Ban, KeyRound, LogOut, MoreVertical, Shield, Trash2, Undo2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { AdminUser } from "../../../core/types";
import { IconButton } from "../../../ui/button";
import { Menu, MenuAction, MenuSeparator } from "../../../ui/menu";

interface UserMenuProps {
  user: AdminUser;
  /** What is asked about first. */
  onAsk: (what: "ban" | "delete" | "role") => void;
  onDo: (what: "unban" | "log-out" | "link") => void;
}

export function UserMenu({ user, onAsk, onDo }: UserMenuProps) {
  const { t } = useTranslation();
  const label = t("admin.actions", { name: user.displayName });
  return (
    <Menu trigger={<IconButton label={label} icon={<MoreVertical size={20} />} />} label={label}>
      <MenuAction id="role" icon={<Shield size={18} />} name={t("admin.changeRole")} onAction={() => onAsk("role")} />
      <MenuAction id="log-out" icon={<LogOut size={18} />} name={t("admin.logOut")} onAction={() => onDo("log-out")} />
      <MenuAction id="link" icon={<KeyRound size={18} />} name={t("admin.makeLink")} onAction={() => onDo("link")} />
      <MenuSeparator />
      {user.disabledAt === null ? (
        <MenuAction key="ban" id="ban" icon={<Ban size={18} />} name={t("admin.ban")} onAction={() => onAsk("ban")} danger testId="ban" />
      ) : (
        <MenuAction key="unban" id="unban" icon={<Undo2 size={18} />} name={t("admin.unban")} onAction={() => onDo("unban")} />
      )}
      <MenuAction id="delete" icon={<Trash2 size={18} />} name={t("admin.delete")} onAction={() => onAsk("delete")} danger />
    </Menu>
  );
}
