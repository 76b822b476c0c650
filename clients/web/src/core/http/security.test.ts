import { expect, it } from "vitest";

import { createStore } from "../store";
import type { User } from "../types";
import type { HttpClient } from "./client";
import { createSecurity } from "./security";
import type { Tokens } from "./tokens";

const ADA = { userId: "u", displayName: "Ada", avatarUrl: null } as User;

function changing(renew: Tokens["renew"]) {
  const user = createStore<User | false | null>(ADA);
  const http = { put: () => Promise.resolve({ ...ADA, avatarUrl: "/new" }) } as unknown as HttpClient;
  const tokens = { renew } as Tokens;
  return { user, security: createSecurity({ http, tokens, user }) };
}

it("asks for an access token that tells meetings of a new picture", async () => {
  let renewals = 0;
  const { user, security } = changing(() => Promise.resolve(((renewals += 1), null)));
  await security.setAvatar(new Blob());
  expect(renewals).toBe(1);
  expect(user.get()).toMatchObject({ avatarUrl: "/new" });
});

it("has the picture all the same when no token can be had now", async () => {
  const { user, security } = changing(() => Promise.reject(new Error("offline")));
  await security.setAvatar(new Blob());
  expect(user.get()).toMatchObject({ avatarUrl: "/new" });
});
