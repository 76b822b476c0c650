/** The secret address under which other programs read one's calendar. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { useCopy } from "../../../ui/use-copy";
import { useWhen } from "../../../ui/when";

export function FeedCard() {
  const { t } = useTranslation();
  const core = useCore();
  const queries = useQueryClient();
  const textOf = useProblemText();
  const when = useWhen();
  const { copied, failed, copy } = useCopy();
  const again = () => queries.invalidateQueries({ queryKey: ["feed"] });
  const state = useQuery({ queryKey: ["feed"], queryFn: () => core.schedule.feed() });
  const making = useMutation({ mutationFn: () => core.schedule.createFeed(), onSettled: again });
  const deleting = useMutation({
    mutationFn: () => core.schedule.deleteFeed(),
    onSettled: () => {
      making.reset();
      return again();
    },
  });
  const createdAt = state.data?.createdAt ?? null;
  const error = making.error ?? deleting.error;
  return (
    <section className="card">
      <div>
        <h2>{t("rooms.feed")}</h2>
        <p className="muted">{createdAt === null ? t("rooms.feedText") : t("rooms.feedSince", { time: when.moment(createdAt) })}</p>
      </div>
      {error === null ? null : <Notice kind="danger">{textOf(error)}</Notice>}
      {making.data === undefined ? null : (
        <>
          <Notice kind="info">{t("rooms.feedOnce")}</Notice>
          <p className="rooms-link numeric" data-testid="feed-url">
            {making.data.url}
          </p>
          {failed ? <Notice kind="warning">{t("common.copyFailed")}</Notice> : null}
        </>
      )}
      <div className="rooms-actions">
        {making.data === undefined ? null : (
          <Button kind="primary" onPress={() => void copy(making.data.url)}>
            {copied ? <Check size={18} aria-hidden="true" /> : <Copy size={18} aria-hidden="true" />}
            {copied ? t("common.copied") : t("rooms.feedCopy")}
          </Button>
        )}
        <Button isPending={making.isPending} onPress={() => making.mutate()} data-testid="make-feed">
          {createdAt === null ? t("rooms.feedMake") : t("rooms.feedReplace")}
        </Button>
        {createdAt === null ? null : (
          <Button kind="quiet" isPending={deleting.isPending} onPress={() => deleting.mutate()}>
            {t("rooms.feedDelete")}
          </Button>
        )}
      </div>
    </section>
  );
}
