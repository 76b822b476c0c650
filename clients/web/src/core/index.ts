/** The meeting without any interface: accounts, devices, signaling and media behind the types of `types.ts`. */
import { createConnectionTest } from "./connection-test/steps";
import { createDevices } from "./devices/devices";
import { createAccount, restoreAccount } from "./http/account";
import { createAdministration } from "./http/administration";
import { createHttpClient } from "./http/client";
import type { Attendance } from "./http/meetings";
import { createMeetings } from "./http/meetings";
import { createWebhooks } from "./http/webhooks";
import { createRooms } from "./http/rooms";
import { createSchedule } from "./http/schedule";
import type { Fetch } from "./http/request";
import { request } from "./http/request";
import { createSecurity } from "./http/security";
import type { SignedIn } from "./http/tokens";
import { acrossTabs, createTokens } from "./http/tokens";
import { createJoin } from "./join";
import { browserPersistence } from "./persistence";
import { createStore } from "./store";
import { createTalk } from "./talk/http";
import type { Core, User } from "./types";

export function createCore(): Core {
  const persistence = browserPersistence();
  const fetch: Fetch = (url, init) => globalThis.fetch(url, init);
  const user = createStore<User | false | null>(null);
  const tokens = createTokens({
    refresh: () => request<SignedIn>(fetch, "POST", "/auth/refresh"),
    onChange(signedIn) {
      persistence.write("signed-in", signedIn === false ? null : "yes");
      user.set(signedIn);
    },
    now: Date.now,
    exclusive: acrossTabs,
  });
  const http = createHttpClient(fetch, tokens);
  const devices = createDevices(persistence);
  const attendances = new Map<string, Attendance>();
  void restoreAccount(tokens, persistence, (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  return {
    account: createAccount({ http, tokens, user }),
    security: createSecurity({ http, tokens, user }),
    administration: createAdministration(http),
    meetings: createMeetings(http),
    talk: createTalk(http, attendances, () => tokens.current()),
    webhooks: createWebhooks(http),
    schedule: createSchedule(http),
    rooms: createRooms(http),
    devices,
    join: createJoin({ http, devices, persistence, attendances }),
    testConnection: createConnectionTest(http),
  };
}
