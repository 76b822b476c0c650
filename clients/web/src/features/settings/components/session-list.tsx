/** Where one is signed in, and ending one of it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MonitorSmartphone } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { Session } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { browserName } from "../browser-name";
import { useMoment } from "../../../ui/use-moment";
import { sessionsQuery } from "../hooks/use-lists";

export function SessionList() {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const queries = useQueryClient();
  const query = useQuery(sessionsQuery(security));
  const ending = useMutation({
    mutationFn: (id: string) => security.endSession(id),
    onSettled: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
  const error = query.error ?? ending.error;
  return (
    <div className="settings-block">
      <h3>{t("settings.sessions")}</h3>
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      <ul className="row-list">
        {(query.data ?? []).map((session) => (
          <SessionRow key={session.sessionId} session={session} onEnd={() => ending.mutate(session.sessionId)} />
        ))}
      </ul>
    </div>
  );
}

function SessionRow({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const { t } = useTranslation();
  const moment = useMoment();
  const name = browserName(session.userAgent) ?? t("settings.unknownDevice");
  return (
    <li className="settings-row">
      <MonitorSmartphone size={20} aria-hidden="true" />
      <div className="settings-row-text">
        <strong>{name}</strong>
        <span className="muted">
          {session.current ? t("settings.thisDevice") : t("settings.lastUsed", { when: moment(session.usedAt) })}
          {session.address === null ? "" : ` · ${session.address}`}
        </span>
      </div>
      {session.current ? null : (
        <Button kind="quiet" onPress={onEnd} aria-label={`${t("settings.endSession")}: ${name}`}>
          {t("settings.endSession")}
        </Button>
      )}
    </li>
  );
}
