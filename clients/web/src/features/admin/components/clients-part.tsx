/** The OAuth clients there are, and the windows that open from them. */
import { useRef, useState } from "react";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { OAuthClient } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { Confirm, Dialog } from "../../../ui/dialog";
import { Notice } from "../../../ui/notice";
import { Spinner } from "../../../ui/spinner";
import { useClients } from "../hooks/use-clients";
import { ClientRow } from "./client-row";
import { ClientSecret } from "./client-secret";
import { NewClientDialog } from "./new-client-dialog";
import { Pager } from "./pager";
import "./clients.css";

interface Asking {
  what: "rotate" | "remove";
  client: OAuthClient;
}

export function ClientsPart() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const actor = useStore(useCore().account.user);
  const create = useRef<HTMLButtonElement>(null);
  const { query, items, grantable, error, rotate, remove, again, ...ways } = useClients();
  const [making, setMaking] = useState(false);
  const [asking, setAsking] = useState<Asking | null>(null);
  const name = asking?.client.name ?? "";
  const rotated = rotate.data;
  if (!actor) return null;
  return (
    <section className="clients" aria-busy={query.isFetching}>
      <p className="muted">{t("clients.about")}</p>
      <Button ref={create} kind="primary" isDisabled={!query.isSuccess} onPress={() => setMaking(true)} data-testid="new-client">
        <Plus size={18} aria-hidden="true" />
        {t("clients.create")}
      </Button>
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      {query.isPending ? <Spinner size={24} /> : null}
      {query.isSuccess && items.length === 0 ? <p className="muted">{t("clients.none")}</p> : null}
      <ul className="row-list">
        {items.map((client) => (
          <ClientRow
            key={client.clientId}
            client={client}
            onRotate={() => setAsking({ what: "rotate", client })}
            onRemove={() => setAsking({ what: "remove", client })}
          />
        ))}
      </ul>
      <Pager {...ways} />
      {making ? (
        <NewClientDialog
          actor={actor}
          grantable={grantable}
          onClose={() => {
            setMaking(false);
            void again();
          }}
        />
      ) : null}
      <Confirm
        title={t("clients.rotateTitle", { name })}
        text={t("clients.rotateText")}
        action={t("clients.rotate")}
        isOpen={asking?.what === "rotate"}
        onConfirm={() => asking !== null && rotate.mutate(asking.client.clientId)}
        onClose={() => setAsking(null)}
      />
      <Confirm
        title={t("clients.removeTitle", { name })}
        text={t("clients.removeText")}
        action={t("clients.remove")}
        isOpen={asking?.what === "remove"}
        // Its button goes with the row: the focus needs another place.
        onConfirm={() => asking !== null && remove.mutate(asking.client.clientId, { onSuccess: () => create.current?.focus() })}
        onClose={() => setAsking(null)}
      />
      {rotated === undefined ? null : (
        <Dialog title={t("clients.secretTitle", { name: rotated.name })} isOpen onClose={rotate.reset}>
          <ClientSecret client={rotated} />
        </Dialog>
      )}
    </section>
  );
}
