/** The accounts: search, a new one, and what can be done with each. */
import { useDeferredValue, useState } from "react";
import { UserPlus } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { Field } from "../../../ui/field";
import { Notice } from "../../../ui/notice";
import { Spinner } from "../../../ui/spinner";
import { usePages } from "../hooks/use-pages";
import { NewUserDialog } from "./new-user-dialog";
import { Pager } from "./pager";
import { UserRow } from "./user-row";

export function UsersPart() {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const actor = useStore(core.account.user);
  const [search, setSearch] = useState("");
  const [making, setMaking] = useState(false);
  const wanted = useDeferredValue(search);
  const { query, items, ...ways } = usePages(["admin-users", wanted], (cursor) =>
    core.administration.users({ search: wanted, cursor }),
  );
  if (!actor) return null;
  return (
    <section aria-busy={query.isFetching}>
      <div className="admin-tools">
        <Field label={t("admin.search")} type="search" autoComplete="off" maxLength={64} testId="search" value={search} onChange={setSearch} />
        <Button kind="primary" onPress={() => setMaking(true)} data-testid="new-user">
          <UserPlus size={18} aria-hidden="true" />
          {t("admin.newUser")}
        </Button>
      </div>
      {query.isPending ? <Spinner size={24} /> : null}
      {query.error === null ? null : <Notice kind="danger">{textOf(query.error)}</Notice>}
      {query.isSuccess && items.length === 0 ? <p className="muted">{t("admin.nobody")}</p> : null}
      <ul className="admin-list">
        {items.map((user) => (
          <UserRow key={user.userId} user={user} actor={actor} />
        ))}
      </ul>
      <Pager {...ways} />
      <NewUserDialog actor={actor} isOpen={making} onClose={() => setMaking(false)} />
    </section>
  );
}
