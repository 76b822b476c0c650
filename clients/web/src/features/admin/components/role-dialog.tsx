/** Another role for somebody. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { AdminUser, Role, User } from "../../../core/types";
import { Button } from "../../../ui/button";
import { Dialog } from "../../../ui/dialog";
import { Form } from "../../../ui/form";
import { RoleSelect } from "./role-select";

interface RoleDialogProps {
  user: AdminUser;
  actor: User;
  isOpen: boolean;
  onClose: () => void;
  onChange: (role: Role) => void;
}

export function RoleDialog({ user, actor, isOpen, onClose, onChange }: RoleDialogProps) {
  const { t } = useTranslation();
  const [role, setRole] = useState(user.role);
  const submit = () => {
    onClose();
    onChange(role);
  };
  return (
    <Dialog title={t("admin.changeRole")} isOpen={isOpen} onClose={onClose}>
      <Form className="admin-form" onSubmit={submit}>
        <p className="muted">{t("admin.roleText", { name: user.displayName })}</p>
        <RoleSelect actor={actor} value={role} onChange={setRole} />
        <Button kind="primary" wide type="submit" isDisabled={role === user.role}>
          {t("common.save")}
        </Button>
      </Form>
    </Dialog>
  );
}
