/** What lasts in this browser. Without storage (private windows, blocked) everything works and nothing lasts. */

export interface Persistence {
  read(key: string): string | null;
  write(key: string, value: string | null): void;
}

const PREFIX = "meeting.";

export function browserPersistence(): Persistence {
  return {
    read(key) {
      try {
        return localStorage.getItem(PREFIX + key);
      } catch {
        return null;
      }
    },
    write(key, value) {
      try {
        if (value === null) localStorage.removeItem(PREFIX + key);
        else localStorage.setItem(PREFIX + key, value);
      } catch {
        // Storage is blocked or full: the choice holds for this page only.
      }
    },
  };
}
