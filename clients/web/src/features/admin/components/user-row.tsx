/** One account in the list. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { AdminUser, User } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Avatar } from "../../../ui/avatar";
import { Confirm, Dialog } from "../../../ui/dialog";
import { Notice } from "../../../ui/notice";
import { Secret } from "../../../ui/secret";
import { useUserActions } from "../hooks/use-user-actions";
import { mayChange } from "../ranks";
import { RoleDialog } from "./role-dialog";
import { UserMenu } from "./user-menu";

export function UserRow({ user, actor }: { user: AdminUser; actor: User }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const actions = useUserActions(user.userId);
  const [asking, setAsking] = useState<"ban" | "delete" | "role" | null>(null);
  const close = () => setAsking(null);
  return (
    <li className="admin-row" data-testid={`user-${user.email}`}>
      <Avatar id={user.userId} name={user.displayName} size={40} picture={user.avatarUrl} />
      <div className="admin-row-text">
        <strong>{user.displayName}</strong>
        <span className="muted">{user.email}</span>
        {actions.error === null ? null : <Notice kind="danger">{textOf(actions.error)}</Notice>}
      </div>
      <span className="admin-tag">{t(`admin.role.${user.role}`)}</span>
      {user.disabledAt === null ? null : <span className="admin-tag admin-tag-danger">{t("admin.banned")}</span>}
      {mayChange(actor, user) ? (
        <UserMenu user={user} onAsk={setAsking} onDo={(what) => actions.mutate({ do: what })} />
      ) : (
        <span className="admin-no-menu" />
      )}
      <Confirm
        title={t("admin.banTitle", { name: user.displayName })}
        text={t("admin.banText")}
        action={t("admin.ban")}
        isOpen={asking === "ban"}
        onConfirm={() => actions.mutate({ do: "ban" })}
        onClose={close}
      />
      <Confirm
        title={t("admin.deleteTitle", { name: user.displayName })}
        text={t("admin.deleteText")}
        action={t("admin.delete")}
        isOpen={asking === "delete"}
        onConfirm={() => actions.mutate({ do: "delete" })}
        onClose={close}
      />
      <RoleDialog
        user={user}
        actor={actor}
        isOpen={asking === "role"}
        onClose={close}
        onChange={(role) => actions.mutate({ do: "role", role })}
      />
      <Dialog title={t("admin.linkTitle")} isOpen={actions.data != null} onClose={() => actions.reset()}>
        <Secret text={t("admin.linkText", { name: user.displayName })} value={actions.data ?? ""} />
      </Dialog>
    </li>
  );
}
