/** Before the meeting: see yourself, choose devices, say your name, join. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import type { MeetingSession } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { ButtonLink } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { PageSpinner } from "../../../ui/spinner";
import { useMeetingTitle } from "../../../ui/use-meeting-title";
import { DeviceSelects } from "../../devices";
import { Message, Shell, usePageTitle } from "../../shell";
import { STORED_NAME, useJoin } from "../hooks/use-join";
import { DeviceWarnings } from "./device-warnings";
import { JoinCard } from "./join-card";
import { Preview } from "./preview";
import "./prejoin.css";

interface PrejoinPageProps {
  reference: string;
  onJoined: (session: MeetingSession) => void;
}

export function PrejoinPage({ reference, onJoined }: PrejoinPageProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const joining = useJoin(reference, onJoined);
  const titleOf = useMeetingTitle();
  usePageTitle(joining.preview.data === undefined ? t("prejoin.title") : titleOf(joining.preview.data));

  const refusal = joining.preview.error ?? (joining.isFinal ? joining.error : null);
  if (refusal !== null) {
    return (
      <Shell centred>
        <Message title={textOf(refusal)}>
          <ButtonLink kind="primary" href="/">
            {t("prejoin.otherMeeting")}
          </ButtonLink>
        </Message>
      </Shell>
    );
  }
  if (joining.preview.isPending || joining.user === null) {
    return (
      <Shell centred>
        <PageSpinner label={t("common.loading")} />
      </Shell>
    );
  }
  return (
    <Shell centred>
      <Ready joining={joining} />
    </Shell>
  );
}

/** Mounted once the meeting is known: only then are camera and microphone asked for. */
function Ready({ joining }: { joining: ReturnType<typeof useJoin> }) {
  const { devices } = useCore();
  useEffect(() => {
    // The core knows the last choices; asking for what is on opens the permission prompt now, not in the meeting.
    const { microphoneOn, cameraOn } = devices.state.get();
    void devices.setMicrophoneOn(microphoneOn).catch(() => undefined);
    void devices.setCameraOn(cameraOn).catch(() => undefined);
  }, [devices]);
  return (
    <div className="prejoin">
      <Mirror id={joining.user ? joining.user.userId : "guest"} name={joining.name} />
      <JoinCard joining={joining} />
    </div>
  );
}

function Mirror({ id, name }: { id: string; name: string }) {
  return (
    <div className="prejoin-stage">
      <Preview id={id} name={name} />
      <DeviceWarnings />
      <DeviceSelects />
    </div>
  );
}

/** The same for who waits to be let in. */
export function OwnPicture() {
  const user = useStore(useCore().account.user);
  const name = user ? user.displayName : (localStorage.getItem(STORED_NAME) ?? "");
  return <Mirror id={user ? user.userId : "guest"} name={name} />;
}
