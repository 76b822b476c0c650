/** Plan a meeting, or change one that is planned. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { MeetingSummary } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { ButtonLink } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { PageSpinner } from "../../../ui/spinner";
import { Message, Shell, SignedIn, usePageTitle } from "../../shell";
import { useSchedule } from "../hooks/use-schedule";
import { ScheduleForm } from "./schedule-form";
import "./schedule.css";

export function SchedulePage() {
  const { t } = useTranslation();
  usePageTitle(t("schedule.pageTitle"));
  return (
    <Shell>
      <SignedIn>
        <Planning meeting={null} />
      </SignedIn>
    </Shell>
  );
}

export function EditPage({ meetingId }: { meetingId: string }) {
  const { t } = useTranslation();
  usePageTitle(t("schedule.editTitle"));
  return (
    <Shell>
      <SignedIn>
        <Editing meetingId={meetingId} />
      </SignedIn>
    </Shell>
  );
}

function Editing({ meetingId }: { meetingId: string }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  // What is edited must not change under the person's hands: read once, anew each time.
  const found = useQuery({
    queryKey: ["meeting", meetingId, "edit"],
    queryFn: () => core.schedule.get(meetingId),
    staleTime: Infinity,
    gcTime: 0,
  });
  if (found.error !== null) {
    return (
      <Message title={textOf(found.error)}>
        <ButtonLink href="/">{t("common.home")}</ButtonLink>
      </Message>
    );
  }
  if (found.data === undefined) return <PageSpinner label={t("common.loading")} />;
  return <Planning meeting={found.data} />;
}

function Planning({ meeting }: { meeting: MeetingSummary | null }) {
  const { t } = useTranslation();
  const schedule = useSchedule(meeting);
  return (
    <div className="schedule">
      <h1>{meeting === null ? t("schedule.pageTitle") : t("schedule.editTitle")}</h1>
      <ScheduleForm
        draft={schedule.draft}
        onChange={schedule.change}
        rooms={schedule.rooms}
        scope={schedule.scope}
        onScope={schedule.setScope}
        isNew={meeting === null}
        hasPassword={meeting?.hasPassword ?? false}
        problem={schedule.problem}
        timeProblem={schedule.timeProblem}
        isPending={schedule.isPending}
        back={meeting === null ? "/" : `/meetings/${meeting.meetingId}`}
        onSubmit={schedule.submit}
      />
    </div>
  );
}
