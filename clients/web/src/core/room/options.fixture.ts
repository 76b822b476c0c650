/** What holds in a meeting whose hosts decided nothing. */
import type { MeetingOptions } from "../protocol";

export const OPTIONS: MeetingOptions = {
  lobby: "off",
  mute_on_entry: false,
  attendees_may_unmute: true,
  attendees_may_share: true,
  attendees_may_use_camera: true,
  attendees_may_chat: "everyone",
  history_for_late: true,
  join_before_host: true,
  lobby_opens_min: 15,
};
