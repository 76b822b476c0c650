import { describe, expect, it } from "vitest";

import { layersFor } from "./layers";
import { createTrackSender } from "./track-sender";

/** A browser's sender: refuses a second change at once, and whatever it is told to refuse. */
class Sender {
  track: MediaStreamTrack | null = null;
  /** None before the first negotiation. */
  transport: object | null = {};
  encodings: RTCRtpEncodingParameters[];
  changes = 0;
  refused = 0;
  refuses = false;
  private isBusy = false;
  private transaction = 0;

  constructor(encodings: RTCRtpEncodingParameters[]) {
    this.encodings = encodings;
  }

  getParameters(): RTCRtpSendParameters {
    const parameters = { transactionId: String(++this.transaction), encodings: structuredClone(this.encodings) };
    return parameters as RTCRtpSendParameters;
  }

  async setParameters(parameters: RTCRtpSendParameters): Promise<void> {
    if (this.refuses || this.isBusy || parameters.transactionId !== String(this.transaction)) {
      this.refused++;
      throw new DOMException("not now", "InvalidModificationError");
    }
    this.isBusy = true;
    await Promise.resolve().then(() => Promise.resolve());
    this.isBusy = false;
    this.changes++;
    this.encodings = parameters.encodings;
  }

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    await Promise.resolve();
    this.track = track;
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function picture(height: number): MediaStreamTrack {
  return { getSettings: () => ({ width: (height * 16) / 9, height }) } as MediaStreamTrack;
}

function camera() {
  const sender = new Sender(layersFor(720));
  return { sender, video: createTrackSender(sender as unknown as RTCRtpSender, true) };
}

function screen() {
  const sender = new Sender([{ active: true, maxBitrate: 2_500_000 }]);
  return { sender, video: createTrackSender(sender as unknown as RTCRtpSender, false) };
}

const active = ({ encodings }: Sender): (boolean | undefined)[] => encodings.map((encoding) => encoding.active);

describe("a camera", () => {
  it.each([
    [0, [false, false, false]],
    [1, [true, false, false]],
    [2, [true, true, false]],
    [3, [true, true, true]],
    [9, [true, true, true]],
  ])("of which %i layers are wanted sends %j, and goes on", async (layers, sent) => {
    const { sender, video } = camera();
    const track = picture(720);
    await video.place(track);
    video.want(layers);
    await settled();
    expect(active(sender)).toEqual(sent);
    expect(sender.track).toBe(track);
  });

  it("knows its layers by their name, whatever order the browser keeps", async () => {
    const { sender, video } = camera();
    sender.encodings.reverse();
    await video.place(picture(720));
    video.want(1);
    await settled();
    expect(sender.encodings.find(({ active: isActive }) => isActive)?.rid).toBe("q");
  });

  it("never sends a layer that its picture is too small for", async () => {
    const { sender, video } = camera();
    await video.place(picture(360));
    video.want(3);
    await settled();
    expect(active(sender)).toEqual([true, true, false]);
    expect(sender.encodings.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).toEqual([2, 1, 1]);
  });

  it("makes one change after the other, and ends with the last wish", async () => {
    const { sender, video } = camera();
    const placed = video.place(picture(720));
    for (const layers of [1, 3, 0, 2, 3, 1]) video.want(layers);
    await placed;
    await settled();
    expect(active(sender)).toEqual([true, false, false]);
    expect(sender.refused).toBe(0);
  });

  it("changes nothing when it is told the same again", async () => {
    const { sender, video } = camera();
    await video.place(picture(720));
    for (let times = 0; times < 3; times++) {
      video.want(1);
      await settled();
    }
    expect(sender.changes).toBe(1);
  });

  it("tries again with the next wish what the browser refused", async () => {
    const { sender, video } = camera();
    sender.refuses = true;
    const track = picture(720);
    await video.place(track);
    video.want(1);
    await settled();
    expect(sender.track).toBe(track);
    expect(active(sender)).toEqual([true, true, true]);
    sender.refuses = false;
    video.want(1);
    await settled();
    expect(active(sender)).toEqual([true, false, false]);
  });

  it("keeps to what is wanted when another device takes its place", async () => {
    const { sender, video } = camera();
    await video.place(picture(720));
    video.want(1);
    await video.place(picture(360));
    expect(active(sender)).toEqual([true, false, false]);
  });

  it("sends everything when it begins anew: who wants it is not known yet", async () => {
    const { sender, video } = camera();
    await video.place(picture(720));
    video.want(0);
    await video.place(null);
    expect(sender.track).toBeNull();
    video.want(0);
    await video.place(picture(720));
    expect(active(sender)).toEqual([true, true, true]);
  });
});

describe("a line without a track", () => {
  it.each([["camera", camera, [false, false, false], [true, true, true]], ["screen", screen, [false], [true]]] as const)(
    "is inactive, and active again with the next track: %s",
    async (_name, open, resting, sending) => {
      const { sender, video } = open();
      await video.place(null);
      expect(active(sender)).toEqual(resting);
      await video.place(picture(720));
      expect(active(sender)).toEqual(sending);
      await video.place(null);
      expect([active(sender), sender.track]).toEqual([resting, null]);
    },
  );

  it("is offered as active: what is offered as paused is for the server to resume", async () => {
    const { sender, video } = camera();
    sender.transport = null;
    await video.place(null);
    expect(active(sender)).toEqual([true, true, true]);
  });

  it("does not wake when somebody wants it", async () => {
    const { sender, video } = camera();
    await video.place(null);
    video.want(3);
    await settled();
    expect(active(sender)).toEqual([false, false, false]);
  });
});

describe("a shared screen", () => {
  it("stops its only layer when nobody watches, and at no other time", async () => {
    const { sender, video } = screen();
    await video.place(picture(1080));
    for (const [layers, isSent] of [[1, true], [0, false], [3, true]] as const) {
      video.want(layers);
      await settled();
      expect(active(sender)).toEqual([isSent]);
    }
    expect(sender.encodings[0]?.maxBitrate).toBe(2_500_000);
  });
});
