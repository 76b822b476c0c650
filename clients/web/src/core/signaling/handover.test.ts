/** A server that goes away: the session is on the next socket before the present one is closed. In virtual time. */
import { describe, expect, it } from "vitest";

import { CLOSE_CODES } from "../protocol";
import { World } from "./world.fixture";

function liveWorld(): World {
  const world = new World(() => 0.5);
  world.start();
  world.run(3000);
  expect([world.sockets, world.live]).toEqual([1, true]);
  return world;
}

function bodies(world: World): string[] {
  return world.room.messages.map(({ body }) => body);
}

describe("a client whose server goes away", () => {
  it("has the session on another one without a moment of loss, and nothing is lost or doubled", () => {
    const world = liveWorld();
    world.server.goAway(3000);
    for (let count = 0; count < 40; count++) {
      world.send(`mine ${count}`);
      world.server.say(`theirs ${count}`);
      world.run(100);
    }
    world.server.stop();
    world.run(1000);
    expect([world.losses, world.sockets, world.closedWith]).toEqual([0, 2, [CLOSE_CODES.DRAINING]]);
    expect(bodies(world)).toEqual(world.server.chat);
    expect(world.server.chat).toHaveLength(80);
    expect([...world.settled.values()].filter(Boolean)).toHaveLength(40);
  });

  it("opens the next socket within two fifths of the time", () => {
    const world = liveWorld();
    world.server.goAway(10_000);
    world.run(1500);
    expect(world.sockets).toBe(1);
    world.run(1000); // half of two fifths, and the way there
    expect(world.sockets).toBe(2);
  });

  it("stays while no other one takes it, asks a few times, and is back when there is one", () => {
    const world = liveWorld();
    world.server.goAway(3000);
    world.offline = true;
    world.run(2800);
    world.send("while it still could");
    world.run(400);
    expect([world.losses, world.server.chat]).toEqual([0, ["while it still could"]]);
    expect(world.sockets).toBeGreaterThan(2);
    expect(world.sockets).toBeLessThanOrEqual(8);
    world.server.stop();
    world.run(1000);
    expect([world.losses > 0, world.live]).toEqual([true, false]);
    world.offline = false;
    world.run(8000);
    expect([world.live, bodies(world)]).toEqual([true, ["while it still could"]]);
  });

  it("goes on with the next socket where the present one is lost meanwhile", () => {
    const world = liveWorld();
    world.server.goAway(3000);
    while (world.sockets === 1) world.step();
    world.cut();
    expect([world.losses, world.live]).toEqual([1, false]);
    world.run(1000);
    expect([world.sockets, world.live]).toEqual([2, true]);
  });

  it("comes back by a third socket where the next one is lost on the way", () => {
    const world = liveWorld();
    world.server.goAway(3000);
    while (world.sockets === 1) world.step();
    world.send("in the middle");
    world.run(250); // greeted
    world.cutRival();
    world.run(3000);
    expect([world.sockets, world.live, bodies(world)]).toEqual([3, true, ["in the middle"]]);
  });

  it("may leave while it changes over", () => {
    const world = liveWorld();
    world.server.goAway(3000);
    while (world.sockets === 1) world.step();
    world.machine.leave();
    world.perform();
    world.run(5000);
    expect([world.ended, world.sockets, world.live]).toEqual(["left", 2, true]);
  });
});
