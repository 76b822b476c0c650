/** What mattered for security, newest first, and whether somebody changed it. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { AuditEntry } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { Notice } from "../../../ui/notice";
import { Select } from "../../../ui/select";
import { Spinner } from "../../../ui/spinner";
import { useMoment } from "../../../ui/use-moment";
import { usePages } from "../hooks/use-pages";
import { ACTIONS } from "../actions";
import { Pager } from "./pager";

const ANY = "any";

export function AuditPart() {
  const { t } = useTranslation();
  const { administration } = useCore();
  const textOf = useProblemText();
  const [action, setAction] = useState(ANY);
  const [userId, setUserId] = useState("");
  const wanted = { action: action === ANY ? "" : action, userId: userId.trim() };
  const { query, items, ...ways } = usePages(["audit", wanted.action, wanted.userId], (cursor) =>
    administration.audit({ ...wanted, cursor }),
  );
  const options = [{ id: ANY, name: t("admin.anyAction") }, ...ACTIONS.map((id) => ({ id, name: t(`admin.action.${id}`) }))];
  return (
    <section aria-busy={query.isFetching}>
      <div className="admin-tools">
        <Select label={t("admin.actionLabel")} options={options} value={action} onChange={setAction} />
        <Field label={t("admin.userId")} autoComplete="off" maxLength={64} value={userId} onChange={setUserId} />
        <Verify />
      </div>
      {query.isPending ? <Spinner size={24} /> : null}
      {query.error === null ? null : <Notice kind="danger">{textOf(query.error)}</Notice>}
      {query.isSuccess && items.length === 0 ? <p className="muted">{t("admin.noEntries")}</p> : null}
      <ul className="admin-list">
        {items.map((entry) => (
          <Entry key={entry.auditId} entry={entry} />
        ))}
      </ul>
      <Pager {...ways} />
    </section>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { t, i18n } = useTranslation();
  const moment = useMoment();
  const key = `admin.action.${entry.action}`;
  const detail = Object.entries(entry.detail).map(([name, value]) => `${name}: ${String(value)}`);
  const said = [entry.userId, entry.address, ...detail].filter((part) => part !== null);
  return (
    <li className="admin-row">
      <time className="admin-time" dateTime={entry.at}>
        {moment(entry.at)}
      </time>
      <div className="admin-row-text">
        <strong>{i18n.exists(key) ? t(key) : entry.action}</strong>
        <span className="muted">{said.join(" · ")}</span>
      </div>
    </li>
  );
}

function Verify() {
  const { t } = useTranslation();
  const { administration } = useCore();
  const textOf = useProblemText();
  const verifying = useMutation({ mutationFn: () => administration.verifyAudit() });
  const check = verifying.data;
  return (
    <>
      <Button isPending={verifying.isPending} onPress={() => verifying.mutate()} data-testid="verify">
        <ShieldCheck size={18} aria-hidden="true" />
        {t("admin.verify")}
      </Button>
      {verifying.error === null ? null : <Notice kind="danger">{textOf(verifying.error)}</Notice>}
      {check === undefined ? null : (
        <Notice kind={check.sound ? "info" : "danger"}>
          {check.sound
            ? t("admin.sound", { count: check.entries })
            : t("admin.unsound", { count: check.flaws.length, ids: check.flaws.map((flaw) => flaw.auditId ?? "…").join(", ") })}
        </Notice>
      )}
    </>
  );
}
