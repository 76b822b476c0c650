/** Which device this is: the same after a reload, another one in a second tab, so that no tab throws the other out. */
import type { Persistence } from "./persistence";

export interface DeviceIdentity {
  deviceId: string;
  release(): void;
}

export async function claimDevice(persistence: Persistence): Promise<DeviceIdentity> {
  const known = persistence.read("device");
  const deviceId = known ?? randomId();
  if (known === null) persistence.write("device", deviceId);
  const release = await claimLock(`meeting-device:${deviceId}`);
  if (release !== null) return { deviceId, release };
  return { deviceId: randomId(), release: () => undefined };
}

/** Takes a lock that other tabs see, or returns null when one of them has it. */
async function claimLock(name: string): Promise<(() => void) | null> {
  // Locks exist on HTTPS and localhost only; elsewhere there is no microphone either.
  const locks = (navigator as { locks?: LockManager }).locks;
  if (locks === undefined) return () => undefined;
  return new Promise((resolve) => {
    void locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        resolve(null);
        return undefined;
      }
      return new Promise<void>((release) => {
        resolve(() => release());
      });
    });
  });
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
