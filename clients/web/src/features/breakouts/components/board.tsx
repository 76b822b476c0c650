/** The rooms with their people, who are moved by dragging, with the keyboard, or from a menu. */
import { useTranslation } from "react-i18next";

import type { Breakouts } from "../../../core/types";
import { useAttempt } from "../../../ui/attempt";
import { Button } from "../../../ui/button";
import { useSession } from "../../../ui/meeting";
import { useBoard } from "../hooks/use-board";
import { BoardList } from "./board-list";

export function Board({ breakouts }: { breakouts: Breakouts }) {
  const { t } = useTranslation();
  const people = useBoard(breakouts);
  const rooms = [{ id: null, name: t("breakouts.main") }, ...breakouts.rooms.map((room) => ({ id: room.breakoutId, name: room.title }))];
  return (
    <>
      {breakouts.here === null ? null : <p className="muted">{t("breakouts.onlyHere")}</p>}
      <div className="breakout-board">
        {rooms.map(({ id, name }) => (
          <section key={id ?? "main"} className="breakout-room" aria-label={name} data-testid={`breakout-${id ?? "main"}`}>
            <header className="breakout-room-header">
              <h3>{name}</h3>
              <Visit breakouts={breakouts} roomId={id} name={name} />
            </header>
            <Help breakouts={breakouts} roomId={id} />
            <BoardList people={people.filter(({ roomId }) => roomId === id)} rooms={rooms} roomId={id} name={name} />
          </section>
        ))}
      </div>
    </>
  );
}

interface RoomProps {
  breakouts: Breakouts;
  roomId: string | null;
}

function Visit({ breakouts, roomId, name }: RoomProps & { name: string }) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  if (breakouts.status === "planned" || breakouts.here === roomId) return null;
  return (
    <Button
      kind="quiet"
      aria-label={t("breakouts.visitName", { room: name })}
      onPress={() => attempt(session.chooseBreakout(roomId))}
      data-testid={`visit-${roomId ?? "main"}`}
    >
      {t("breakouts.visit")}
    </Button>
  );
}

function Help({ breakouts, roomId }: RoomProps) {
  const { t } = useTranslation();
  const name = breakouts.rooms.find(({ breakoutId }) => breakoutId === roomId)?.helpBy ?? null;
  return name === null ? null : <p className="breakout-help">{t("breakouts.needsHelp", { name })}</p>;
}
