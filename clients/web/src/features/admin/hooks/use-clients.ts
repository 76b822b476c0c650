/** The list of OAuth clients and what can be done with each. */
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { useCore } from "../../../ui/core";
import { usePages } from "./use-pages";

const KEY = "clients";

export function useClients() {
  const { administration } = useCore();
  const queries = useQueryClient();
  const { query, ...pages } = usePages([KEY], (cursor) => administration.clients(cursor));
  const again = () => queries.invalidateQueries({ queryKey: [KEY] });
  const rotate = useMutation({ mutationFn: (clientId: string) => administration.rotateClientSecret(clientId) });
  const remove = useMutation({ mutationFn: (clientId: string) => administration.deleteClient(clientId), onSuccess: again });
  return {
    ...pages,
    query,
    grantable: query.data?.grantable ?? [],
    error: query.error ?? rotate.error ?? remove.error,
    rotate,
    remove,
    again,
  };
}
