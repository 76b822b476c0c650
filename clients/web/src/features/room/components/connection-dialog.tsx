/** How the connection does, second by second. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { SessionStatistics } from "../../../core/types";
import { Dialog } from "../../../ui/dialog";
import { useSession, useView } from "../../../ui/meeting";
import { useMilliseconds } from "../../../ui/use-milliseconds";

const EVERY_MS = 1000;

export function ConnectionDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const { data } = useQuery({
    queryKey: ["statistics"],
    queryFn: () => session.statistics(),
    refetchInterval: EVERY_MS,
    gcTime: 0,
  });
  return (
    <Dialog title={t("room.connectionInfo")} isOpen onClose={onClose}>
      <Facts statistics={data ?? null} />
    </Dialog>
  );
}

function Facts({ statistics }: { statistics: SessionStatistics | null }) {
  const { t, i18n } = useTranslation();
  const quality = useView((view) => view.participants.find((person) => person.isSelf)?.quality ?? null);
  const milliseconds = useMilliseconds();
  const unknown = t("room.statistics.unknown");
  const rate = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 2, minimumFractionDigits: 2 });
  const megabits = (bps: number | undefined) => (bps === undefined ? unknown : `${rate.format(bps / 1e6)} Mbit/s`);
  const roundTrip = statistics?.roundTripMs ?? null;
  const pictures = Object.values(statistics?.framesDecoded ?? {}).reduce((sum, frames) => sum + frames, 0);
  const facts = [
    [t("room.statistics.quality"), quality === null ? unknown : t(`room.quality.${quality}`)],
    [t("room.statistics.roundTrip"), roundTrip === null ? unknown : milliseconds(roundTrip)],
    [t("room.statistics.transport"), statistics?.transport?.toUpperCase() ?? unknown],
    [t("room.statistics.sent"), megabits(statistics?.sentBps)],
    [t("room.statistics.received"), megabits(statistics?.receivedBps)],
    [t("room.statistics.pictures"), new Intl.NumberFormat(i18n.language).format(pictures)],
  ] as const;
  return (
    <dl className="facts numeric">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
