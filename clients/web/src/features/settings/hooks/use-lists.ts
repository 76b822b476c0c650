/** The lists of the settings page. */
import { queryOptions, useQuery } from "@tanstack/react-query";

import type { Core } from "../../../core/types";
import { useCore } from "../../../ui/core";

type Security = Core["security"];

export const sessionsQuery = (security: Security) => queryOptions({ queryKey: ["sessions"], queryFn: () => security.sessions() });
export const tokensQuery = (security: Security) => queryOptions({ queryKey: ["tokens"], queryFn: () => security.tokens() });
export const identitiesQuery = (security: Security) =>
  queryOptions({ queryKey: ["identities"], queryFn: () => security.identities() });
export const providersQuery = (security: Security) =>
  queryOptions({ queryKey: ["config"], queryFn: () => security.config(), staleTime: Infinity });

/** Whether all have come or failed. Each that came later would move the buttons below it, even under a click. */
export function useListsReady(enabled: boolean): boolean {
  const { security } = useCore();
  const pending = [
    useQuery({ ...sessionsQuery(security), enabled }).isPending,
    useQuery({ ...tokensQuery(security), enabled }).isPending,
    useQuery({ ...identitiesQuery(security), enabled }).isPending,
    useQuery({ ...providersQuery(security), enabled }).isPending,
  ];
  return !pending.includes(true);
}
