/** Who may write to whom; the server asks again. */
import type { MeetingRole, MeetingView } from "../../core/types";

const MODERATORS: MeetingRole[] = ["host", "co_host"];
const LIMITED: MeetingRole[] = ["attendee", "observer"];

type ChatFor = NonNullable<MeetingView["meeting"]>["options"]["attendeesMayChat"];

/** May somebody of one role write privately to somebody of another? */
export function mayWriteTo(mine: MeetingRole, theirs: MeetingRole, attendeesMayChat: ChatFor): boolean {
  if (mine === "observer") return false;
  if (!LIMITED.includes(mine) || attendeesMayChat === "everyone") return true;
  return attendeesMayChat === "hosts" && MODERATORS.includes(theirs);
}
