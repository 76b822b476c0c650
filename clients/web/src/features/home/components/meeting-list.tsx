/** The list of the person's meetings. */
import { ChevronLeft, ChevronRight, CalendarClock } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { Notice } from "../../../ui/notice";
import { Spinner } from "../../../ui/spinner";
import { useMeetings } from "../hooks/use-meetings";
import { MeetingRow } from "./meeting-row";

export function MeetingList() {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { query, meetings, goNewer, goOlder } = useMeetings();
  return (
    <section className="meetings" aria-busy={query.isFetching}>
      <header className="meetings-header">
        <h2>{t("home.list")}</h2>
        {goNewer === null && goOlder === null ? null : (
          <div className="meetings-pager">
            <Button kind="quiet" isDisabled={goNewer === null} onPress={() => goNewer?.()}>
              <ChevronLeft size={18} aria-hidden="true" />
              {t("home.newer")}
            </Button>
            <Button kind="quiet" isDisabled={goOlder === null} onPress={() => goOlder?.()}>
              {t("home.older")}
              <ChevronRight size={18} aria-hidden="true" />
            </Button>
          </div>
        )}
      </header>
      {query.isPending ? (
        <div className="meetings-empty">
          <Spinner size={24} />
        </div>
      ) : null}
      {query.error === null ? null : (
        <Notice kind="danger" action={<Button onPress={() => void query.refetch()}>{t("common.retry")}</Button>}>
          {textOf(query.error)}
        </Notice>
      )}
      {query.isSuccess && meetings.length === 0 ? <Empty /> : null}
      {meetings.length === 0 ? null : (
        <ul className="meetings-list">
          {meetings.map((meeting) => (
            <MeetingRow key={meeting.meetingId} meeting={meeting} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Empty() {
  const { t } = useTranslation();
  return (
    <div className="meetings-empty">
      <CalendarClock size={28} aria-hidden="true" />
      <p>{t("home.empty")}</p>
      <p className="muted">{t("home.emptyText")}</p>
    </div>
  );
}
