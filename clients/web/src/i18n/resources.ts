/** All texts, by language and by the feature that says them. */
import enAccount from "./en/account.json";
import enAdmin from "./en/admin.json";
import enBreakouts from "./en/breakouts.json";
import enChat from "./en/chat.json";
import enCommon from "./en/common.json";
import enConnection from "./en/connection.json";
import enDevices from "./en/devices.json";
import enEnd from "./en/end.json";
import enFloor from "./en/floor.json";
import enHome from "./en/home.json";
import enPeople from "./en/people.json";
import enPolls from "./en/polls.json";
import enPrejoin from "./en/prejoin.json";
import enProblem from "./en/problem.json";
import enRoom from "./en/room.json";
import enRooms from "./en/rooms.json";
import enRsvp from "./en/rsvp.json";
import enSchedule from "./en/schedule.json";
import enSettings from "./en/settings.json";
import enWebhooks from "./en/webhooks.json";
import zhAccount from "./zh-CN/account.json";
import zhAdmin from "./zh-CN/admin.json";
import zhBreakouts from "./zh-CN/breakouts.json";
import zhChat from "./zh-CN/chat.json";
import zhCommon from "./zh-CN/common.json";
import zhConnection from "./zh-CN/connection.json";
import zhDevices from "./zh-CN/devices.json";
import zhEnd from "./zh-CN/end.json";
import zhFloor from "./zh-CN/floor.json";
import zhHome from "./zh-CN/home.json";
import zhPeople from "./zh-CN/people.json";
import zhPolls from "./zh-CN/polls.json";
import zhPrejoin from "./zh-CN/prejoin.json";
import zhProblem from "./zh-CN/problem.json";
import zhRoom from "./zh-CN/room.json";
import zhRooms from "./zh-CN/rooms.json";
import zhRsvp from "./zh-CN/rsvp.json";
import zhSchedule from "./zh-CN/schedule.json";
import zhSettings from "./zh-CN/settings.json";
import zhWebhooks from "./zh-CN/webhooks.json";

export const resources = {
  en: {
    translation: {
      account: enAccount,
      admin: enAdmin,
      breakouts: enBreakouts,
      chat: enChat,
      common: enCommon,
      connection: enConnection,
      devices: enDevices,
      end: enEnd,
      floor: enFloor,
      home: enHome,
      people: enPeople,
      polls: enPolls,
      prejoin: enPrejoin,
      problem: enProblem,
      room: enRoom,
      rooms: enRooms,
      rsvp: enRsvp,
      schedule: enSchedule,
      settings: enSettings,
      webhooks: enWebhooks,
    },
  },
  "zh-CN": {
    translation: {
      account: zhAccount,
      admin: zhAdmin,
      breakouts: zhBreakouts,
      chat: zhChat,
      common: zhCommon,
      connection: zhConnection,
      devices: zhDevices,
      end: zhEnd,
      floor: zhFloor,
      home: zhHome,
      people: zhPeople,
      polls: zhPolls,
      prejoin: zhPrejoin,
      problem: zhProblem,
      room: zhRoom,
      rooms: zhRooms,
      rsvp: zhRsvp,
      schedule: zhSchedule,
      settings: zhSettings,
      webhooks: zhWebhooks,
    },
  },
};
