/** The person's meetings: those to come and those past, by day. */
import { useState } from "react";
import { CalendarClock, CalendarPlus, ChevronLeft, ChevronRight } from "lucide-react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button, ButtonLink } from "../../../ui/button";
import { Notice } from "../../../ui/notice";
import { Spinner } from "../../../ui/spinner";
import { useWhen } from "../../../ui/when";
import type { Day } from "../days";
import { groupByDay } from "../days";
import { useMeetings } from "../hooks/use-meetings";
import type { Which } from "../hooks/use-meetings";
import { MeetingRow } from "./meeting-row";

export function MeetingList() {
  const { t } = useTranslation();
  const [which, setWhich] = useState<Which>("upcoming");
  return (
    <section className="meetings">
      <Tabs selectedKey={which} onSelectionChange={(key) => setWhich(key === "past" ? "past" : "upcoming")}>
        <header className="meetings-header">
          <TabList aria-label={t("home.list")} className="meetings-tabs">
            <Tab id="upcoming" className="meetings-tab">
              {t("home.upcoming")}
            </Tab>
            <Tab id="past" className="meetings-tab">
              {t("home.past")}
            </Tab>
          </TabList>
          <ButtonLink href="/schedule" data-testid="schedule">
            <CalendarPlus size={18} aria-hidden="true" />
            {t("home.schedule")}
          </ButtonLink>
        </header>
        <TabPanel id={which} className="meetings-panel">
          <Days key={which} which={which} />
        </TabPanel>
      </Tabs>
    </section>
  );
}

function Days({ which }: { which: Which }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { query, meetings, goOn, goBack } = useMeetings(which);
  if (query.isPending) {
    return (
      <div className="meetings-empty">
        <Spinner size={24} />
      </div>
    );
  }
  return (
    <div aria-busy={query.isFetching} className="meetings-days">
      {query.error === null ? null : (
        <Notice kind="danger" action={<Button onPress={() => void query.refetch()}>{t("common.retry")}</Button>}>
          {textOf(query.error)}
        </Notice>
      )}
      {query.isSuccess && meetings.length === 0 ? <Empty which={which} /> : null}
      {groupByDay(meetings, new Date()).map((day) => (
        <DayGroup key={day.key} day={day} />
      ))}
      {goBack === null && goOn === null ? null : (
        <div className="meetings-pager">
          <Button kind="quiet" isDisabled={goBack === null} onPress={() => goBack?.()}>
            <ChevronLeft size={18} aria-hidden="true" />
            {which === "past" ? t("home.newer") : t("home.sooner")}
          </Button>
          <Button kind="quiet" isDisabled={goOn === null} onPress={() => goOn?.()}>
            {which === "past" ? t("home.older") : t("home.later")}
            <ChevronRight size={18} aria-hidden="true" />
          </Button>
        </div>
      )}
    </div>
  );
}

function DayGroup({ day }: { day: Day }) {
  const { t } = useTranslation();
  const when = useWhen();
  return (
    <section>
      <h3 className="meetings-day">{day.kind === "other" ? when.day(day.at) : t(`home.day.${day.kind}`)}</h3>
      <ul className="meetings-list">
        {day.meetings.map((meeting) => (
          <MeetingRow key={meeting.meetingId} meeting={meeting} />
        ))}
      </ul>
    </section>
  );
}

function Empty({ which }: { which: Which }) {
  const { t } = useTranslation();
  return (
    <div className="meetings-empty">
      <CalendarClock size={28} aria-hidden="true" />
      <p>{which === "past" ? t("home.emptyPast") : t("home.empty")}</p>
      <p className="muted">{which === "past" ? t("home.emptyPastText") : t("home.emptyText")}</p>
    </div>
  );
}
