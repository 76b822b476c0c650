/** What jsdom lacks and the interface needs: sizes, media queries, media elements. */

const STAGE = { width: 1256, height: 712 };

class FakeResizeObserver implements ResizeObserver {
  readonly #callback: ResizeObserverCallback;

  constructor(callback: ResizeObserverCallback) {
    this.#callback = callback;
  }

  observe(target: Element): void {
    const contentRect = { ...STAGE, x: 0, y: 0, top: 0, left: 0, right: STAGE.width, bottom: STAGE.height, toJSON: () => STAGE };
    const entry = { target, contentRect, borderBoxSize: [], contentBoxSize: [], devicePixelContentBoxSize: [] };
    this.#callback([entry], this);
  }

  unobserve(): void {
    // Nothing is kept.
  }

  disconnect(): void {
    // Nothing is kept.
  }
}

/** Holds tracks and does nothing with them. */
class FakeMediaStream {
  constructor(readonly tracks: MediaStreamTrack[] = []) {}
}

/** `phone` answers every question about a narrow screen with yes. */
export function completeBrowser({ phone = false } = {}): void {
  const matches = (query: string) => (query.includes("width") ? phone : false);
  Object.assign(window, {
    ResizeObserver: FakeResizeObserver,
    MediaStream: FakeMediaStream,
    matchMedia: (query: string) => ({
      matches: matches(query),
      media: query,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }),
  });
  Object.assign(Element.prototype, { scrollTo: () => undefined, getAnimations: () => [] });
  Object.assign(HTMLMediaElement.prototype, { play: () => Promise.resolve(), pause: () => undefined });
  Object.defineProperty(navigator, "mediaDevices", {
    configurable: true,
    value: { getDisplayMedia: () => Promise.reject(new Error("not here")) },
  });
}
