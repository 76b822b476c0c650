/** Breakout rooms as the interface sees them. */
import type { Camelized } from "../camelize";
import type { BreakoutPlace as PlaceOnWire, BreakoutRoom as RoomOnWire, BreakoutsHead, PlaceWanted } from "../protocol";

type BreakoutRoom = Required<Camelized<RoomOnWire>>;
/** Where somebody of the main room belongs, and where they are. Null: the main room. */
type BreakoutPlace = Required<Camelized<PlaceOnWire>>;
export type BreakoutAssignment = BreakoutsHead["assignment"];

export interface Breakouts {
  status: BreakoutsHead["status"];
  assignment: BreakoutAssignment;
  mayReturn: boolean;
  endsAt: string | null;
  /** The room that this person is in; null: the main room. */
  here: string | null;
  rooms: BreakoutRoom[];
  places: BreakoutPlace[];
}

export interface BreakoutsView {
  breakouts: Breakouts | null;
  /** Who this person is in the main room: places are of its people. */
  homeId: string | null;
}

export type BreakoutNotice =
  | { type: "breakout_said"; displayName: string; body: string }
  | { type: "breakout_help"; displayName: string; title: string };

export interface BreakoutActions {
  createBreakouts(titles: string[], assignment: BreakoutAssignment, mayReturn: boolean): Promise<void>;
  assignBreakouts(places: Camelized<PlaceWanted>[]): Promise<void>;
  /** Null: until somebody closes them. */
  openBreakouts(durationS: number | null): Promise<void>;
  extendBreakouts(byS: number): Promise<void>;
  broadcastToBreakouts(body: string): Promise<void>;
  askBreakoutHelp(): Promise<void>;
  /** Null: back to the main room. */
  chooseBreakout(breakoutId: string | null): Promise<void>;
  closeBreakouts(countdownS: number): Promise<void>;
}
