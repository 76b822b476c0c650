/** All English texts, by the feature that says them. */
import account from "./account.json";
import admin from "./admin.json";
import breakouts from "./breakouts.json";
import chat from "./chat.json";
import clients from "./clients.json";
import common from "./common.json";
import connection from "./connection.json";
import devices from "./devices.json";
import end from "./end.json";
import floor from "./floor.json";
import home from "./home.json";
import people from "./people.json";
import polls from "./polls.json";
import prejoin from "./prejoin.json";
import problem from "./problem.json";
import room from "./room.json";
import rooms from "./rooms.json";
import rsvp from "./rsvp.json";
import schedule from "./schedule.json";
import scopes from "./scopes.json";
import settings from "./settings.json";
import webhooks from "./webhooks.json";

export const texts = {
  account,
  admin,
  breakouts,
  chat,
  clients,
  common,
  connection,
  devices,
  end,
  floor,
  home,
  people,
  polls,
  prejoin,
  problem,
  room,
  rooms,
  rsvp,
  schedule,
  scopes,
  settings,
  webhooks,
};
