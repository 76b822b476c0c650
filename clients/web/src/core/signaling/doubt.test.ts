/** A socket that may be dead, and the rival that is opened beside it, in virtual time. */
import { describe, expect, it } from "vitest";

import { World } from "./world.fixture";

function liveWorld(): World {
  const world = new World(() => 0.5);
  world.start();
  world.run(3000);
  expect(world.sockets).toBe(1);
  return world;
}

/** Doubts as long as the media path is silent; returns after how long signaling was live again. */
function runUntilLive(world: World, longestMs: number): number {
  const start = world.now;
  while (world.now - start < longestMs) {
    world.doubt();
    world.run(100);
    if (world.live && world.closedWith.length > 0) return world.now - start;
  }
  return Infinity;
}

describe("a socket whose network is gone", () => {
  it("is replaced within a second and a half, with round trips of 0.2 s, and nothing is lost or doubled", () => {
    const world = liveWorld();
    world.strand();
    world.send("into the dead socket");
    world.server.say("meanwhile");
    expect(runUntilLive(world, 5000)).toBeLessThanOrEqual(1500);
    expect(world.closedWith).toEqual([4010]);
    world.run(2000);
    expect(world.room.messages.map(({ body }) => body)).toEqual(["meanwhile", "into the dead socket"]);
    expect(world.sockets).toBe(2);
  });

  it("is replaced also when the network is back only after ten seconds, by few tries", () => {
    const world = liveWorld();
    world.strand();
    world.offline = true;
    expect(runUntilLive(world, 10_000)).toBe(Infinity);
    expect(world.sockets).toBeLessThanOrEqual(5);
    world.offline = false;
    expect(runUntilLive(world, 10_000)).toBeLessThanOrEqual(8000);
  });
});

describe("a socket that is in doubt but lives", () => {
  it("answers before a rival is opened", () => {
    const world = new World(() => 0.1);
    world.start();
    world.run(3000);
    world.doubt();
    expect(world.machine.isSure(world.now)).toBe(false);
    world.run(1000);
    expect([world.sockets, world.live, world.machine.isSure(world.now)]).toEqual([1, true, true]);
  });

  it("stays when it answers before its rival says hello, and the rival goes", () => {
    const world = liveWorld();
    world.hanging = true;
    world.doubt();
    world.run(500);
    expect(world.sockets).toBe(2);
    world.hanging = false;
    world.run(3000);
    expect([world.closedWith, world.live]).toEqual([[], true]);
  });

  it("is asked ever more rarely while the media path stays silent", () => {
    const world = liveWorld();
    for (let count = 0; count < 600; count++) {
      world.doubt();
      world.run(100);
    }
    expect(world.closedWith).toEqual([]);
    expect(world.sockets).toBeLessThanOrEqual(8);
  });
});

it("a rival that says hello after the person has left changes nothing", () => {
  const world = liveWorld();
  world.hanging = true;
  world.doubt();
  world.run(500);
  expect(world.sockets).toBe(2);
  world.machine.leave();
  world.perform();
  world.hanging = false;
  world.run(3000);
  expect([world.ended, world.closedWith, world.machine.isSure(world.now)]).toEqual(["left", [1000], false]);
});

describe("a server that pauses for eight seconds", () => {
  it("finds one rival a client at a time, a few in all, and the first socket goes on", () => {
    const world = liveWorld();
    world.hanging = true;
    for (let count = 0; count < 80; count++) {
      world.doubt();
      world.run(100);
    }
    expect(world.sockets).toBeLessThanOrEqual(3);
    world.hanging = false;
    world.send("after the pause");
    world.run(3000);
    expect([world.closedWith, world.live]).toEqual([[], true]);
    expect(world.server.chat).toEqual(["after the pause"]);
  });
});
