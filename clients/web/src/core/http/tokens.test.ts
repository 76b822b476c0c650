import { describe, expect, it } from "vitest";

import { ProblemError } from "../problem";
import type { User } from "../types";
import { createHttpClient } from "./client";
import { createTokens } from "./tokens";

const USER: User = {
  userId: "u",
  email: "a@example.org",
  emailVerified: true,
  displayName: "A",
  locale: "en",
  role: "user",
  avatarUrl: null,
  hasPassword: true,
};

function world(answers: (path: string, token: string | null) => [number, unknown]) {
  const asked: string[] = [];
  const users: (User | false)[] = [];
  let issued = 0;
  const clock = { now: 0 };
  const fetch = (url: string, init: RequestInit): Promise<Response> => {
    const token = (init.headers as Record<string, string>)["Authorization"]?.replace("Bearer ", "") ?? null;
    asked.push(`${url.replace("/api/v1", "")} ${token ?? "-"}`);
    const [status, body] = answers(url.replace("/api/v1", ""), token);
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  };
  const tokens = createTokens({
    refresh: () => {
      asked.push("refresh");
      return Promise.resolve({ user: USER, accessToken: `token-${++issued}`, expiresInS: 900 });
    },
    onChange: (user) => users.push(user),
    now: () => clock.now,
    exclusive: (action) => action(),
  });
  return { tokens, http: createHttpClient(fetch, tokens), asked, users, clock };
}

describe("the access token", () => {
  it("is renewed once for requests that come together, and again before it expires", async () => {
    const { tokens, http, asked, clock } = world(() => [200, {}]);
    await tokens.renew();
    clock.now = 880_000;
    await Promise.all([http.get("/a"), http.get("/b")]);
    expect(asked).toEqual(["refresh", "refresh", "/a token-2", "/b token-2"]);
  });

  it("that the server calls expired is renewed, and the request sent once more", async () => {
    const { tokens, http, asked } = world((_path, token) =>
      token === "token-1" ? [401, { code: "token_expired" }] : [200, { display_name: "A" }],
    );
    await tokens.renew();
    await expect(http.get("/users/me")).resolves.toEqual({ displayName: "A" });
    expect(asked).toEqual(["refresh", "/users/me token-1", "refresh", "/users/me token-2"]);
  });

  it("is not renewed for a refusal of another kind", async () => {
    const { tokens, http } = world(() => [403, { code: "forbidden", errors: [{ pointer: "/x", detail: "y" }], trace_id: "t" }]);
    await tokens.renew();
    const problem = await http.get("/x").catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ProblemError);
    expect(problem).toMatchObject({ code: "forbidden", status: 403, traceId: "t", errors: [{ pointer: "/x" }] });
  });

  it("is gone, and the person signed out, when the cookie is no longer good", async () => {
    const users: (User | false)[] = [];
    const tokens = createTokens({
      refresh: () => Promise.reject(new ProblemError({ code: "refresh_reused", status: 401 })),
      onChange: (user) => users.push(user),
      now: () => 0,
      exclusive: (action) => action(),
    });
    expect(await tokens.renew()).toBeNull();
    expect(users).toEqual([false]);
  });
});
