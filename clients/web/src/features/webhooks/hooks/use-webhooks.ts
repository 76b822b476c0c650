/** The list of webhooks and what can be done with each. */
import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { NewWebhook } from "../../../core/types";
import { useCore } from "../../../ui/core";

const KEY = ["webhooks"];
const LOOK_MS = 5000;

export function useWebhooks() {
  const { webhooks } = useCore();
  const queries = useQueryClient();
  const [cursor, setCursor] = useState<string | null>(null);
  const list = useQuery({ queryKey: [...KEY, cursor], queryFn: () => webhooks.list(cursor), refetchInterval: LOOK_MS });
  const onSuccess = () => queries.invalidateQueries({ queryKey: KEY });
  const create = useMutation({ mutationFn: (wanted: NewWebhook) => webhooks.create(wanted), onSuccess });
  const rotate = useMutation({ mutationFn: (webhookId: string) => webhooks.rotateSecret(webhookId), onSuccess });
  const remove = useMutation({ mutationFn: (webhookId: string) => webhooks.remove(webhookId), onSuccess });
  const ping = useMutation({ mutationFn: (webhookId: string) => webhooks.ping(webhookId), onSuccess });
  const setActive = useMutation({
    mutationFn: ({ webhookId, active }: { webhookId: string; active: boolean }) => webhooks.setActive(webhookId, active),
    onSuccess,
  });
  const error = [list, rotate, remove, ping, setActive].map((each) => each.error).find((each) => each !== null) ?? null;
  return { list, error, create, rotate, remove, ping, setActive, setCursor };
}

export function useDeliveries(webhookId: string) {
  const { webhooks } = useCore();
  const queries = useQueryClient();
  const key = [...KEY, webhookId, "deliveries"];
  const [cursor, setCursor] = useState<string | null>(null);
  const list = useQuery({
    queryKey: [...key, cursor],
    queryFn: () => webhooks.deliveries(webhookId, cursor),
    refetchInterval: LOOK_MS,
  });
  const replay = useMutation({
    mutationFn: (deliveryId: string | null) => webhooks.replay(webhookId, deliveryId),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return { list, replay, setCursor };
}
