/** Applying events to an old state gives what a fresh snapshot gives, for every event that changes the room. */
import { describe, expect, it } from "vitest";

import type { ChatMessage, ParticipantState, Snapshot } from "../protocol";
import { noticeOf } from "./notices";
import type { RoomEvent } from "./state";
import { applyEvent, applySnapshot, EMPTY_ROOM } from "./state";
import { createRoomViews } from "./view";

const ALICE = participant("alice", 1);
const BOB = participant("bob", 2);

function participant(id: string, second: number, changes: Partial<ParticipantState> = {}): ParticipantState {
  return {
    participant_id: id, display_name: id, role: "attendee", is_guest: false, presence: "connected",
    joined_at: `2026-01-01T00:00:0${second}Z`, microphone: false, camera: false, screen: false, screen_audio: false,
    hand_raised_at: null, version: 1, ...changes,
  };
}

function message(seq: number): ChatMessage {
  return { message_id: `m${seq}`, seq, participant_id: "bob", display_name: "bob", body: `${seq}`, sent_at: "" };
}

function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  const meeting = { meeting_id: "m", meeting_no: "1", title: "", host_name: "", locked: false, started_at: "" };
  return { meeting, participant_id: "alice", role: "host", participants: [ALICE, BOB], messages: [message(1)], slots: [], ...changes };
}

const meeting = snapshot().meeting;
const carol = participant("carol", 3);
const louder = participant("bob", 2, { microphone: true, version: 2 });
const cases: [RoomEvent, Partial<Snapshot>][] = [
  [{ type: "participant.joined", data: { participant: carol } }, { participants: [ALICE, BOB, carol] }],
  [{ type: "participant.updated", data: { participant: louder } }, { participants: [ALICE, louder] }],
  [{ type: "participant.left", data: { participant_id: "bob", reason: "left" } }, { participants: [ALICE] }],
  [{ type: "participant.removed", data: { participant_id: "bob" } }, { participants: [ALICE] }],
  [{ type: "chat.message", data: { message: message(2) } }, { messages: [message(1), message(2)] }],
  [{ type: "meeting.locked", data: { locked: true } }, { meeting: { ...meeting, locked: true } }],
];

describe("the room", () => {
  it.each(cases)("after %o is as a fresh snapshot says", (event, changes) => {
    const applied = applyEvent(applySnapshot(EMPTY_ROOM, snapshot()), event);
    expect(applied).toEqual(applySnapshot(EMPTY_ROOM, snapshot(changes)));
    expect(applyEvent(applied, event), "a second time it changes nothing").toEqual(applied);
  });

  it("keeps the higher version, and ignores news of somebody who left", () => {
    const room = applySnapshot(EMPTY_ROOM, snapshot({ participants: [ALICE, louder] }));
    expect(applyEvent(room, { type: "participant.updated", data: { participant: BOB } })).toEqual(room);
    const gone = applyEvent(room, { type: "participant.left", data: { participant_id: "bob", reason: "lost" } });
    expect(applyEvent(gone, { type: "participant.updated", data: { participant: louder } })).toEqual(gone);
  });

  it("keeps messages from before a new snapshot, each once and in order", () => {
    const room = applySnapshot(EMPTY_ROOM, snapshot({ messages: [message(1), message(2)] }));
    const later = applySnapshot(room, snapshot({ messages: [message(2), message(3)] }));
    expect(later.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});

describe("the view", () => {
  it("gives the same objects for what did not change", () => {
    const viewOf = createRoomViews();
    const room = applySnapshot(EMPTY_ROOM, snapshot());
    const before = viewOf(room, []);
    const after = viewOf(applyEvent(room, { type: "participant.updated", data: { participant: louder } }), []);
    expect(after.participants[0]).toBe(before.participants[0]);
    expect(after.participants[1]).not.toBe(before.participants[1]);
    expect(after.chat[0]).toBe(before.chat[0]);
    expect(before.participants[0]).toMatchObject({ isSelf: true, handRaisedAt: null, quality: null });
  });

  it("shows a participant whose nulls the server left out", () => {
    const { hand_raised_at: _left_out, ...sparse } = ALICE;
    const room = applySnapshot(EMPTY_ROOM, snapshot({ participants: [sparse] }));
    expect(createRoomViews()(room, []).participants[0]?.handRaisedAt).toBeNull();
  });
});

describe("notices", () => {
  const room = applySnapshot(EMPTY_ROOM, snapshot());

  it("tell of others who come and go, once", () => {
    expect(noticeOf(room, { type: "participant.joined", data: { participant: carol } })).toMatchObject({ type: "joined" });
    expect(noticeOf(room, { type: "participant.joined", data: { participant: BOB } })).toBeNull();
    expect(noticeOf(room, { type: "participant.left", data: { participant_id: "bob", reason: "left" } })).toMatchObject({ type: "left" });
  });

  it("tell only the person concerned that a host muted them", () => {
    expect(noticeOf(room, { type: "participant.muted", data: { participant_id: "bob", source: "microphone" } })).toBeNull();
    expect(noticeOf(room, { type: "participant.muted", data: { participant_id: "alice", source: "microphone" } })).not.toBeNull();
  });
});
