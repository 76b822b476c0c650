/** Random schedules of everything that goes wrong: nothing is lost, doubled or reordered. */
import { describe, expect, it } from "vitest";

import { seededRandom } from "./random.fixture";
import { World } from "./world.fixture";

const SEEDS = 180;
const ACTIONS = 60;

/** The network changes in mid-sentence; media notices, sooner or later. */
function strand(world: World, random: () => number): void {
  world.strand();
  for (let tick = random() * 10; tick > 0; tick--) {
    world.doubt();
    world.run(200);
  }
}

function act(world: World, random: () => number, count: number): void {
  const choice = random();
  if (choice < 0.35) world.send(`mine ${count}`);
  else if (choice < 0.55) world.server.say(`theirs ${count}`);
  else if (choice < 0.65) world.update(count % 2 === 0);
  else if (choice < 0.7) world.cut();
  else if (choice < 0.75) strand(world, random);
  else if (choice < 0.8) world.hanging = !world.hanging;
  else if (choice < 0.85) world.offline = !world.offline;
  else if (choice < 0.88) world.server.trimLog();
  else if (choice < 0.91) world.server.wipeLog();
  else if (choice < 0.93) world.server.forgetSessions();
  else if (choice < 0.95) world.doubt();
  else if (choice < 0.97) world.server.goAway(3000);
  else if (choice < 0.98) world.server.stop();
  else world.machine.wake(world.now);
  world.perform();
}

function runSchedule(seed: number): { world: World; sent: Map<number, string> } {
  const random = seededRandom(seed);
  const world = new World(random);
  const sent = new Map<number, string>();
  const original = world.send.bind(world);
  world.send = (body) => {
    const key = original(body);
    sent.set(key, body);
    return key;
  };
  world.start();
  for (let count = 0; count < ACTIONS; count++) {
    act(world, random, count);
    world.run(random() ** 4 * 20_000);
  }
  world.hanging = false;
  world.offline = false;
  world.server.stop();
  world.run(60_000);
  return { world, sent };
}

describe("a client under random schedules", () => {
  it.each([0, 1, 2, 3, 4, 5])("ends with the server's chat, each command having one effect (block %i)", (block) => {
    for (let seed = block * (SEEDS / 6); seed < (block + 1) * (SEEDS / 6); seed++) {
      const { world, sent } = runSchedule(seed);
      expect([world.ended, world.live], `seed ${seed}: live`).toEqual([null, true]);
      expect(world.room.messages.map(({ body }) => body), `seed ${seed}: chat`).toEqual(world.server.chat);
      expect([...world.settled.values()].every(Boolean), `seed ${seed}: nothing refused`).toBe(true);
      for (const body of sent.values()) {
        expect(world.server.chat.filter((each) => each === body), `seed ${seed}: once`).toHaveLength(1);
      }
      const mine = world.server.chat.filter((body) => body.startsWith("mine"));
      expect(mine, `seed ${seed}: in order`).toEqual([...sent.values()]);
    }
  });
});
