/** The people of one room. Dragging works with a pointer, by touch, and with Enter and the arrow keys. */
import { EllipsisVertical, GripVertical } from "lucide-react";
import { Button, GridList, GridListItem, isTextDropItem, useDragAndDrop } from "react-aria-components";
import type { DropItem } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { useAttempt } from "../../../ui/attempt";
import { IconButton } from "../../../ui/button";
import { useSession } from "../../../ui/meeting";
import { Menu, MenuAction } from "../../../ui/menu";
import type { BoardPerson } from "../hooks/use-board";

const PERSON = "application/x-breakout-person";

interface BoardListProps {
  people: BoardPerson[];
  rooms: { id: string | null; name: string }[];
  roomId: string | null;
  name: string;
}

export function BoardList({ people, rooms, roomId, name }: BoardListProps) {
  const { t } = useTranslation();
  const session = useSession();
  const attempt = useAttempt();
  const move = (ids: string[], to: string | null) =>
    attempt(session.assignBreakouts(ids.map((participantId) => ({ participantId, breakoutId: to }))));
  const drop = (items: DropItem[]): void => {
    void Promise.all(items.filter(isTextDropItem).map((item) => item.getText(PERSON))).then((ids) => move(ids, roomId));
  };
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ [PERSON]: String(key) })),
    acceptedDragTypes: [PERSON],
    getDropOperation: () => "move",
    onRootDrop: ({ items }) => drop(items),
    onInsert: ({ items }) => drop(items),
    onItemDrop: ({ items }) => drop(items),
  });
  return (
    <GridList
      className="breakout-people"
      aria-label={t("breakouts.peopleOf", { room: name })}
      items={people}
      dragAndDropHooks={dragAndDropHooks}
      renderEmptyState={() => <span className="muted">{t("breakouts.nobody")}</span>}
    >
      {(person) => (
        <GridListItem id={person.id} textValue={person.name} className="breakout-person">
          <Button slot="drag" className="breakout-grip" aria-label={t("breakouts.drag", { name: person.name })}>
            <GripVertical size={16} aria-hidden="true" />
          </Button>
          <span className="breakout-name">{person.name}</span>
          {person.isAway ? <span className="muted">{t("breakouts.away")}</span> : null}
          <MoveMenu person={person} rooms={rooms} onMove={(to) => move([person.id], to)} />
        </GridListItem>
      )}
    </GridList>
  );
}

interface MoveMenuProps {
  person: BoardPerson;
  rooms: BoardListProps["rooms"];
  onMove: (to: string | null) => void;
}

function MoveMenu({ person, rooms, onMove }: MoveMenuProps) {
  const { t } = useTranslation();
  const label = t("breakouts.moveName", { name: person.name });
  return (
    <Menu
      trigger={<IconButton label={label} icon={<EllipsisVertical size={18} />} data-testid={`move-${person.id}`} />}
      label={label}
    >
      {rooms
        .filter(({ id }) => id !== person.roomId)
        .map(({ id, name }) => (
          <MenuAction
            key={id ?? "main"}
            id={id ?? "main"}
            name={name}
            onAction={() => onMove(id)}
            testId={`move-${person.id}-${id ?? "main"}`}
          />
        ))}
    </Menu>
  );
}
