/** One of the roles that may be given. */
import { useTranslation } from "react-i18next";

import type { Role, User } from "../../../core/types";
import { Select } from "../../../ui/select";
import { grantable } from "../ranks";

interface RoleSelectProps {
  actor: User;
  value: Role;
  onChange: (role: Role) => void;
}

export function RoleSelect({ actor, value, onChange }: RoleSelectProps) {
  const { t } = useTranslation();
  const roles = grantable(actor.role);
  return (
    <Select
      label={t("admin.roleLabel")}
      options={roles.map((role) => ({ id: role, name: t(`admin.role.${role}`) }))}
      value={value}
      onChange={(id) => {
        const role = roles.find((each) => each === id);
        if (role !== undefined) onChange(role);
      }}
    />
  );
}
