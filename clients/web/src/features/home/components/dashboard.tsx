/** Home of somebody who is signed in: start, join, and the meetings so far. */
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { Settings2, Video } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { User } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button, IconButton } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { navigate } from "../../../ui/navigation";
import { Notice } from "../../../ui/notice";
import { JoinForm } from "./join-form";
import { MeetingList } from "./meeting-list";
import { NewMeetingDialog } from "./new-meeting-dialog";
import type { NewMeeting } from "./new-meeting-dialog";

export function Dashboard({ user }: { user: User }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const [choosing, setChoosing] = useState(false);
  const creating = useMutation({
    mutationFn: (options: Partial<NewMeeting>) => core.meetings.create(options),
    onSuccess: (meeting) => {
      navigate(`/m/${meeting.meetingNo}`);
    },
  });
  return (
    <div className="dashboard">
      <h1>{t("home.greeting", { name: user.displayName })}</h1>
      {creating.error === null ? null : <Notice kind="danger">{textOf(creating.error)}</Notice>}
      <div className="dashboard-start">
        <section className="card dashboard-new">
          <div>
            <h2>{t("home.startTitle")}</h2>
            <p className="muted">{t("home.newMeetingText")}</p>
          </div>
          <div className="dashboard-new-actions">
            <Button
              kind="primary"
              size="large"
              isPending={creating.isPending}
              data-testid="new-meeting"
              onPress={() => {
                creating.mutate({});
              }}
            >
              <Video size={20} aria-hidden="true" />
              {t("home.newMeeting")}
            </Button>
            <IconButton
              label={t("home.options")}
              icon={<Settings2 size={20} />}
              onPress={() => {
                setChoosing(true);
              }}
            />
          </div>
        </section>
        <section className="card">
          <h2>{t("home.joinTitle")}</h2>
          <JoinForm />
        </section>
      </div>
      <MeetingList />
      <NewMeetingDialog
        isOpen={choosing}
        onClose={() => {
          setChoosing(false);
        }}
        onStart={(options) => {
          setChoosing(false);
          creating.mutate(options);
        }}
      />
    </div>
  );
}
