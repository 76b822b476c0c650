/** The providers that the account may be logged in to through, linked or not. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2 } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { User } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { identitiesQuery, providersQuery } from "../hooks/use-lists";
import { useProof } from "../hooks/use-proof";

export function IdentityList({ user }: { user: User }) {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const queries = useQueryClient();
  const { data: config } = useQuery(providersQuery(security));
  const linked = useQuery(identitiesQuery(security));
  const linking = useMutation({
    mutationFn: (provider: string) => security.linkIdentity(provider),
    onSuccess: (url) => window.location.assign(url),
  });
  const unlinking = useProof({
    user,
    title: t("settings.unlink"),
    action: t("settings.unlink"),
    send: (password, provider) => security.unlinkIdentity(provider, password),
    onDone: () => void queries.invalidateQueries({ queryKey: ["identities"] }),
  });
  const providers = config?.providers ?? [];
  if (providers.length === 0) return null;
  const names = new Set((linked.data ?? []).map((identity) => identity.provider));
  const error = linked.error ?? linking.error;
  return (
    <div className="settings-block">
      <h3>{t("settings.providers")}</h3>
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      <ul className="row-list">
        {providers.map(({ name, title }) => (
          <li key={name} className="settings-row">
            <Link2 size={20} aria-hidden="true" />
            <div className="settings-row-text">
              <strong>{title}</strong>
              <span className="muted">{t(names.has(name) ? "settings.linked" : "settings.notLinked")}</span>
            </div>
            {names.has(name) ? (
              <Button kind="quiet" onPress={() => unlinking.ask(name)}>
                {t("settings.unlink")}
              </Button>
            ) : (
              <Button kind="quiet" onPress={() => linking.mutate(name)}>
                {t("settings.link")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {unlinking.dialog}
    </div>
  );
}
