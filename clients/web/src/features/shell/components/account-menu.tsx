/** Who is signed in, and the ways in and out. */
import { Button } from "react-aria-components";
import { DoorOpen, LogOut, Settings, Shield, Wifi } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Avatar } from "../../../ui/avatar";
import { ButtonLink } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { Menu, MenuAction, MenuSeparator } from "../../../ui/menu";
import { navigate } from "../../../ui/navigation";

export function AccountMenu() {
  const { t } = useTranslation();
  const core = useCore();
  const user = useStore(core.account.user);
  if (user === null) return <span className="shell-account" />;
  if (user === false) {
    return (
      <ButtonLink kind="quiet" href="/login">
        {t("account.signIn")}
      </ButtonLink>
    );
  }
  const trigger = (
    <Button className="shell-account" aria-label={`${t("account.menu")}: ${user.displayName}`}>
      <Avatar id={user.userId} name={user.displayName} size={32} picture={user.avatarUrl} />
    </Button>
  );
  return (
    <Menu trigger={trigger} label={t("account.menu")}>
      <MenuAction
        id="rooms"
        icon={<DoorOpen size={18} />}
        name={t("rooms.title")}
        onAction={() => {
          navigate("/rooms");
        }}
      />
      <MenuAction
        id="settings"
        icon={<Settings size={18} />}
        name={t("account.settings")}
        onAction={() => {
          navigate("/settings");
        }}
      />
      {user.role === "admin" || user.role === "super_admin" ? (
        <MenuAction
          id="admin"
          icon={<Shield size={18} />}
          name={t("account.admin")}
          onAction={() => {
            navigate("/admin");
          }}
        />
      ) : null}
      <MenuAction
        id="test"
        icon={<Wifi size={18} />}
        name={t("connection.title")}
        onAction={() => {
          navigate("/test-connection");
        }}
      />
      <MenuSeparator />
      <MenuAction
        id="sign-out"
        icon={<LogOut size={18} />}
        name={t("account.signOut")}
        onAction={() => {
          void core.account.logout().finally(() => {
            navigate("/");
          });
        }}
      />
    </Menu>
  );
}
