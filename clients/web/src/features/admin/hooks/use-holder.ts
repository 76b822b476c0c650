/** The account that belongs to an address: oneself at once, others as the server knows them. */
import { useDeferredValue } from "react";
import { useQuery } from "@tanstack/react-query";

import type { User } from "../../../core/types";
import { useCore } from "../../../ui/core";

type Holder = Pick<User, "userId" | "displayName" | "role">;

export function useHolder(actor: User, email: string): { holder: Holder | null; isUnknown: boolean; error: unknown } {
  const { administration } = useCore();
  const wanted = useDeferredValue(email.trim().toLowerCase());
  const isOwn = wanted === actor.email.toLowerCase();
  const found = useQuery({
    queryKey: ["client-holder", wanted],
    queryFn: async () => (await administration.users({ search: wanted, cursor: null })).items,
    enabled: !isOwn && wanted.includes("@"),
  });
  if (isOwn) return { holder: actor, isUnknown: false, error: null };
  const holder = found.data?.find((user) => user.email.toLowerCase() === wanted) ?? null;
  return { holder, isUnknown: found.isSuccess && holder === null, error: found.error };
}
