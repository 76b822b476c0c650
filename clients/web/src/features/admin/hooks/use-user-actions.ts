/** What an administrator does with one account; the list is read again afterwards. */
import { useMutation, useQueryClient } from "@tanstack/react-query";

import type { Role } from "../../../core/types";
import { useCore } from "../../../ui/core";

export type UserAction =
  | { do: "ban" | "unban" | "log-out" | "delete" | "link" }
  | { do: "role"; role: Role };

/** Answers with the link that was made, else with nothing. */
export function useUserActions(userId: string) {
  const { administration } = useCore();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (action: UserAction): Promise<string | null> => {
      switch (action.do) {
        case "ban":
          await administration.ban(userId);
          return null;
        case "unban":
          await administration.unban(userId);
          return null;
        case "log-out":
          await administration.logOut(userId);
          return null;
        case "delete":
          await administration.deleteUser(userId);
          return null;
        case "role":
          await administration.changeRole(userId, action.role);
          return null;
        case "link":
          return (await administration.resetLink(userId)).url;
      }
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["admin-users"] }),
  });
}
