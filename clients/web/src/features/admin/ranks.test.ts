import { describe, expect, it } from "vitest";

import { USER } from "../../testing/fake-core";
import { grantable, isAdmin, mayChange } from "./ranks";

describe("ranks", () => {
  it("let administrators change lower roles, and super admins everybody but themselves", () => {
    const admin = { ...USER, userId: "a", role: "admin" } as const;
    const root = { ...USER, userId: "r", role: "super_admin" } as const;
    expect(mayChange(admin, { userId: "x", role: "moderator" })).toBe(true);
    expect(mayChange(admin, { userId: "x", role: "admin" })).toBe(false);
    expect(mayChange(admin, { userId: "a", role: "user" })).toBe(false);
    expect(mayChange(root, { userId: "x", role: "super_admin" })).toBe(true);
    expect(mayChange(root, root)).toBe(false);
  });

  it("offer no role above one's own", () => {
    expect(grantable("admin")).toEqual(["guest", "user", "moderator", "admin"]);
    expect([isAdmin("moderator"), isAdmin("admin"), isAdmin("super_admin")]).toEqual([false, true, true]);
  });
});
