/** Tokens with which programs act for the person. */
import { useState } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { AccessToken } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { useMoment } from "../../../ui/use-moment";
import { tokensQuery } from "../hooks/use-lists";
import { NewTokenDialog } from "./new-token-dialog";
import { Section } from "./section";

export function TokenSection() {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const queries = useQueryClient();
  const [making, setMaking] = useState(false);
  const query = useQuery(tokensQuery(security));
  const renew = () => void queries.invalidateQueries({ queryKey: ["tokens"] });
  const deleting = useMutation({ mutationFn: (id: string) => security.deleteToken(id), onSettled: renew });
  const error = query.error ?? deleting.error;
  return (
    <Section title={t("settings.tokens")} text={t("settings.tokensText")}>
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      <ul className="row-list">
        {(query.data?.items ?? []).map((token) => (
          <TokenRow key={token.tokenId} token={token} onDelete={() => deleting.mutate(token.tokenId)} />
        ))}
      </ul>
      <Button onPress={() => setMaking(true)} data-testid="new-token">
        {t("settings.newToken")}
      </Button>
      <NewTokenDialog
        grantable={query.data?.grantable ?? []}
        isOpen={making}
        onClose={() => {
          setMaking(false);
          renew();
        }}
      />
    </Section>
  );
}

function TokenRow({ token, onDelete }: { token: AccessToken; onDelete: () => void }) {
  const { t } = useTranslation();
  const moment = useMoment();
  const used = token.usedAt === null ? t("settings.neverUsed") : t("settings.lastUsed", { when: moment(token.usedAt) });
  const ends = token.expiresAt === null ? "" : ` · ${t("settings.endsAt", { when: moment(token.expiresAt) })}`;
  return (
    <li className="settings-row">
      <KeyRound size={20} aria-hidden="true" />
      <div className="settings-row-text">
        <strong>{token.name}</strong>
        <span className="muted">
          <code>{token.hint}…</code> · {used}
          {ends}
        </span>
        <span className="muted">{token.scopes.join(", ")}</span>
      </div>
      <Button kind="quiet" onPress={onDelete} aria-label={`${t("settings.deleteToken")}: ${token.name}`}>
        {t("settings.deleteToken")}
      </Button>
    </li>
  );
}
