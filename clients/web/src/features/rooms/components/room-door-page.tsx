/** Where a room's link leads: into its meeting, or to a wait until an owner opens it. */
import { useEffect } from "react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { DoorOpen } from "lucide-react";
import { useTranslation } from "react-i18next";

import { useProblemText } from "../../../i18n/problem";
import { Button, ButtonLink } from "../../../ui/button";
import { useCore, useStore } from "../../../ui/core";
import { navigate } from "../../../ui/navigation";
import { Notice } from "../../../ui/notice";
import { PageSpinner } from "../../../ui/spinner";
import { Message, Shell, usePageTitle } from "../../shell";

const ASK_AGAIN_MS = 5000;

export function RoomDoorPage({ slug }: { slug: string }) {
  const { t } = useTranslation();
  const core = useCore();
  const textOf = useProblemText();
  const user = useStore(core.account.user);
  const found = useQuery({
    queryKey: ["room", slug],
    queryFn: () => core.rooms.preview(slug),
    refetchInterval: ({ state }) => (state.data?.meetingNo === null ? ASK_AGAIN_MS : false),
    retry: false,
  });
  const mine = useQuery({ queryKey: ["rooms"], queryFn: () => core.rooms.list(), enabled: Boolean(user) });
  const room = mine.data?.find((each) => each.slug === slug);
  const opening = useMutation({
    mutationFn: (roomId: string) => core.rooms.open(roomId),
    onSuccess: (meeting) => navigate(`/m/${meeting.meetingNo}`, "replace"),
  });
  usePageTitle(found.data?.displayName ?? t("rooms.title"));
  const number = found.data?.meetingNo ?? null;
  useEffect(() => {
    if (number !== null) navigate(`/m/${number}`, "replace");
  }, [number]);
  return (
    <Shell centred>
      {found.error === null ? null : (
        <Message title={textOf(found.error)}>
          <ButtonLink href="/">{t("common.home")}</ButtonLink>
        </Message>
      )}
      {found.isPending || number !== null ? <PageSpinner label={t("common.loading")} /> : null}
      {found.data !== undefined && number === null ? (
        <Message
          title={found.data.displayName}
          text={room === undefined ? t("rooms.waiting") : t("rooms.nobodyYet")}
          icon={<DoorOpen size={32} aria-hidden="true" />}
        >
          {opening.error === null ? null : <Notice kind="danger">{textOf(opening.error)}</Notice>}
          {room === undefined ? null : (
            <Button
              kind="primary"
              size="large"
              isPending={opening.isPending}
              onPress={() => opening.mutate(room.roomId)}
              data-testid="open-room"
            >
              {t("rooms.open")}
            </Button>
          )}
          {user === false ? (
            <ButtonLink href={`/login?next=${encodeURIComponent(`/r/${slug}`)}`}>{t("rooms.ownerSignIn")}</ButtonLink>
          ) : null}
        </Message>
      ) : null}
    </Shell>
  );
}
