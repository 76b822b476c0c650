/** Applying events to an old state gives what a fresh snapshot gives, for every event that changes the room. */
import { describe, expect, it } from "vitest";

import type { ChatMessage, ParticipantState, PollState, Snapshot } from "../protocol";
import { noticeOf } from "./notices";
import type { RoomEvent } from "./state";
import { applyEvent, applySnapshot, EMPTY_ROOM } from "./state";
import { createRoomViews } from "./view";
import { OPTIONS } from "./options.fixture";

const ANN = { participant_id: "ann", display_name: "Ann", is_guest: true, asked_at: "2026-01-01T00:00:01Z" };
const NO_ONE: Partial<Snapshot> = { lobby: { waiting: [], messages: [] } };
const ALICE = participant("alice", 1);
const BOB = participant("bob", 2);

function participant(id: string, second: number, changes: Partial<ParticipantState> = {}): ParticipantState {
  return {
    participant_id: id, display_name: id, role: "attendee", is_guest: false, presence: "connected",
    joined_at: `2026-01-01T00:00:0${second}Z`, microphone: false, camera: false, screen: false, screen_audio: false,
    hand_raised_at: null, version: 1, ...changes,
  };
}

function message(seq: number, changes: Partial<ChatMessage> = {}): ChatMessage {
  return {
    message_id: `m${seq}`, seq, participant_id: "bob", display_name: "bob", body: `${seq}`, sent_at: "",
    version: 1, reactions: [], files: [], ...changes,
  };
}

function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  const meeting = { meeting_id: "m", meeting_no: "1", title: "", host_name: "", locked: false, started_at: "", options: OPTIONS, frozen: false };
  return { meeting, participant_id: "alice", role: "host", participants: [ALICE, BOB], messages: [message(1)], slots: [], private_messages: [], polls: [], may_unmute: ["zoe"], lobby: { waiting: [ANN], messages: [] }, ...changes };
}

const meeting = snapshot().meeting;
const thumb = { emoji: "👍", participant_id: "bob", display_name: "bob" };
const secret = message(1, { message_id: "s1", recipient_id: "alice", recipient_name: "alice" });

function poll(changes: Partial<PollState>): PollState {
  return {
    poll_id: "p1", question: "?", kind: "single", options: [{ option_id: "o1", text: "a" }], anonymous: false,
    changeable: true, live_results: false, is_quiz: false, phase: "open", creator_name: "bob", voters: 0, version: 1,
    choice: null, counts: null, ...changes,
  };
}
const carol = participant("carol", 3);
const louder = participant("bob", 2, { microphone: true, version: 2 });
const cases: [RoomEvent, Partial<Snapshot>][] = [
  [{ type: "participant.joined", data: { participant: carol } }, { participants: [ALICE, BOB, carol] }],
  [{ type: "participant.updated", data: { participant: louder } }, { participants: [ALICE, louder] }],
  [{ type: "participant.left", data: { participant_id: "bob", reason: "left" } }, { participants: [ALICE] }],
  [{ type: "participant.removed", data: { participant_id: "bob" } }, { participants: [ALICE] }],
  [{ type: "chat.message", data: { message: message(2) } }, { messages: [message(1), message(2)] }],
  [{ type: "chat.message", data: { message: secret } }, { private_messages: [secret] }],
  [
    { type: "chat.changed", data: { message: message(1, { body: "new", version: 2, edited_at: "t" }) } },
    { messages: [message(1, { body: "new", version: 2, edited_at: "t" })] },
  ],
  [
    { type: "chat.reacted", data: { message_id: "m1", version: 2, on: true, ...thumb } },
    { messages: [message(1, { version: 2, reactions: [thumb] })] },
  ],
  [{ type: "poll.started", data: { poll: poll({}) } }, { polls: [poll({})] }],
  ...floorCases(),
  [{ type: "meeting.locked", data: { locked: true } }, { meeting: { ...meeting, locked: true } }],
];

function floorCases(): typeof cases {
  const options = { ...OPTIONS, attendees_may_share: false };
  const ann = { participant_id: "ann", display_name: "Ann", is_guest: true, asked_at: "2026-01-01T00:00:01Z" };
  const bea = { ...ann, participant_id: "bea", asked_at: "2026-01-01T00:00:02Z" };
  const said = { seq: 1, display_name: "alice", body: "Soon.", sent_at: "" };
  return [
    [{ type: "meeting.frozen", data: { frozen: true } }, { meeting: { ...meeting, frozen: true } }],
    [{ type: "meeting.spotlighted", data: { participant_id: "bob" } }, { meeting: { ...meeting, spotlight: "bob" } }],
    [{ type: "meeting.options_changed", data: { options } }, { meeting: { ...meeting, options } }],
    [{ type: "participant.asked_to_unmute", data: { participant_id: "bob" } }, { may_unmute: ["zoe", "bob"] }],
    [{ type: "participant.muted", data: { participant_id: "zoe", source: "microphone" } }, { may_unmute: [] }],
    [{ type: "participant.muted", data: { participant_id: "zoe", source: "camera" } }, {}],
    [{ type: "meeting.muted_all", data: { blocked: true } }, { may_unmute: [] }],
    [{ type: "lobby.requested", data: { waiting: bea } }, { lobby: { waiting: [ANN, bea], messages: [] } }],
    [{ type: "lobby.requested", data: { waiting: ann } }, { lobby: { waiting: [ann], messages: [] } }],
    [{ type: "lobby.admitted", data: { participant_id: "ann", display_name: "Ann", role: "attendee", is_guest: true } }, NO_ONE],
    [{ type: "lobby.denied", data: { participant_id: "ann" } }, NO_ONE],
    [{ type: "lobby.left", data: { participant_id: "ann" } }, NO_ONE],
    [{ type: "lobby.said", data: { message: said } }, { lobby: { waiting: [ANN], messages: [said] } }],
    [{ type: "hidden", data: {} }, {}],
    [{ type: "participant.unbanned", data: { participant_id: "eve" } }, {}],
    // What these do to somebody comes as participant.updated.
    [{ type: "participant.role_changed", data: { participant_id: "bob", role: "presenter" } }, {}],
    [{ type: "participant.renamed", data: { participant_id: "bob", display_name: "Bobby" } }, {}],
    [{ type: "participant.hand_lowered", data: { participant_id: "bob" } }, {}],
    [{ type: "meeting.hands_lowered", data: {} }, {}],
  ];
}

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

describe("answers", () => {
  const answer = message(2, { reply_to: { message_id: "m1", participant_id: "bob", display_name: "bob", body: "1", deleted: false } });
  const before = applySnapshot(EMPTY_ROOM, snapshot({ messages: [message(1), answer] }));

  it.each([
    [{ body: "𠮷".repeat(200), edited_at: "t" }, { body: "𠮷".repeat(160), deleted: false }],
    [{ body: "", deleted_at: "t" }, { body: "", deleted: true }],
  ])("quote a message as it reads now: %o", (changes, quote) => {
    const changed = message(1, { ...changes, version: 2 });
    const applied = applyEvent(before, { type: "chat.changed", data: { message: changed } });
    const requoted = { ...answer, reply_to: { ...answer.reply_to!, ...quote } };
    expect(applied).toEqual(applySnapshot(EMPTY_ROOM, snapshot({ messages: [changed, requoted] })));
  });

  it("quote it also when it is none of those that are known", () => {
    const alone = applySnapshot(EMPTY_ROOM, snapshot({ messages: [answer] }));
    const changed = message(1, { body: "", deleted_at: "t", version: 2 });
    expect(applyEvent(alone, { type: "chat.changed", data: { message: changed } }).messages[0]?.reply_to?.deleted).toBe(true);
  });
});

describe("a poll", () => {
  const open = applySnapshot(EMPTY_ROOM, snapshot({ polls: [poll({})] }));
  const voted = applyEvent(open, { type: "poll.chosen", data: { poll_id: "p1", choice: ["o1"] } });
  const counted = applyEvent(voted, { type: "poll.voted", data: { poll_id: "p1", version: 2, voters: 1, counts: null } });

  it("is after votes as a fresh snapshot says", () => {
    expect(counted.polls).toEqual([poll({ version: 2, voters: 1, choice: ["o1"] })]);
    expect(applyEvent(counted, { type: "poll.voted", data: { poll_id: "p1", version: 1, voters: 0, counts: null } })).toEqual(counted);
  });

  it.each([
    ["named", false, ["o1"]],
    ["anonymous", true, null],
  ])("that is %s keeps one's choice after its end, or forgets it", (_kind, anonymous, choice) => {
    const closed = poll({ anonymous, phase: "closed", version: 3, voters: 1 });
    expect(applyEvent(counted, { type: "poll.closed", data: { poll: closed } }).polls).toEqual([{ ...closed, choice }]);
    const published = poll({ anonymous, phase: "published", version: 4, voters: 1, counts: [1] });
    expect(applyEvent(counted, { type: "poll.published", data: { poll: published } }).polls).toEqual([{ ...published, choice }]);
  });
});

describe("one who waits", () => {
  const place = { position: 2, waiting: 3, host_present: true, messages: [] };
  const waiting = applySnapshot(EMPTY_ROOM, snapshot({ participants: [], messages: [], lobby: null, place }));

  it("learns their place and what is said to them, once each", () => {
    const message = { seq: 1, display_name: "alice", body: "Soon.", sent_at: "" };
    const moved = applyEvent(waiting, { type: "lobby.position", data: { position: 1, waiting: 2, host_present: true } });
    const told = applyEvent(moved, { type: "lobby.message", data: { message } });
    expect(told.place).toEqual({ position: 1, waiting: 2, host_present: true, messages: [message] });
    expect(applyEvent(told, { type: "lobby.message", data: { message } })).toEqual(told);
  });

  it("waits no more with the next snapshot", () => {
    expect(applySnapshot(waiting, snapshot({ lobby: null })).place).toBeNull();
  });
});

describe("a picture", () => {
  const pictured = participant("bob", 2, { avatar_url: "/bob", version: 2 });
  const known = applyEvent(applySnapshot(EMPTY_ROOM, snapshot()), { type: "participant.updated", data: { participant: pictured } });

  it("is known of who left, for what they wrote", () => {
    const left = applyEvent(known, { type: "participant.left", data: { participant_id: "bob", reason: "left" } });
    expect(createRoomViews()(left, []).pictures).toEqual({ bob: "/bob" });
  });

  it("is forgotten when they come without it, and unchanged while nothing changes", () => {
    expect(applySnapshot(known, snapshot({ participants: [ALICE, pictured] })).pictures).toBe(known.pictures);
    const without = participant("bob", 2, { avatar_url: null, version: 3 });
    expect(applyEvent(known, { type: "participant.updated", data: { participant: without } }).pictures).toEqual({ bob: null });
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
