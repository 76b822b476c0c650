/**
 * Every screen on the fake core, for looking at while designing; only the development server knows this page:
 * /src/testing/demo.html?path=/m/123456789&people=7&locale=zh-CN&signed-in=no|admin
 */
import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/popover.css";

import { createRoot } from "react-dom/client";

import { App } from "../app/app";
import { startI18n } from "../i18n";
import { demoPlans } from "./demo-plans";
import { USER, fakeCore } from "./fake-core";
import { chatEntry, fakeSession, participant, poll, self } from "./fake-session";
import { demoBreakouts } from "./demo-breakouts";
import { paintedTrack } from "./painted-track";

const NAMES = ["Ada Lovelace", "王建国", "Grace Hopper", "陈思远", "Linus Pauling", "周雨桐", "Marie Curie", "赵一鸣"];
const PICTURE = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#7cb7d8" d="M0 0h8v8H0z"/><path fill="#3f6d4e" d="m0 8 3-5 2 3 1-1 2 3z"/></svg>')}`;
const options = new URLSearchParams(window.location.search);
const people = Number(options.get("people") ?? 4);

const others = Array.from({ length: people - 1 }, (_, index) =>
  participant({
    participantId: `p-${index + 1}`,
    displayName: NAMES[index % NAMES.length] ?? "",
    camera: index % 3 !== 1,
    microphone: index % 2 === 0,
    isGuest: index % 4 === 3,
    handRaisedAt: index === 1 ? "2026-01-05T09:20:00Z" : null,
    quality: index === 2 ? "poor" : "good",
    screen: options.has("screen") && index === 0,
    avatarUrl: index === 1 ? PICTURE : null,
    presence: index === 5 ? "reconnecting" : "connected",
  }),
);
const session = fakeSession({ participants: [self(), ...others], speakers: ["p-1"] });
const signedIn = options.get("signed-in");
const core = fakeCore(signedIn === "no" ? false : { ...USER, role: signedIn === "admin" ? "admin" : USER.role }, session);
Object.assign(core.plans, demoPlans(new Date()));
session.view.patch({
  pictures: { "p-2": PICTURE },
  chat: [
    chatEntry({
      messageId: "c1", seq: 1, body: "Good morning! Slides: https://example.org/slides?id=7.", editedAt: "2026-01-05T09:06:00Z",
      reactions: ["👍", "👍", "🎉"].map((emoji, at) => ({ emoji, participantId: at === 1 ? "p-self" : `p-${at + 1}`, displayName: NAMES[at] ?? "" })),
      files: [
        { fileId: "f1", name: "Roadmap 2026.pdf", mediaType: "application/pdf", size: 2_480_000, width: null, height: null },
        { fileId: "f2", name: "架构图.png", mediaType: "image/png", size: 184_000, width: 1600, height: 900 },
      ],
    }),
    chatEntry({ messageId: "p1", seq: 1, body: "Can you take the minutes?", recipientId: "p-self" }),
    chatEntry({ messageId: "c2", seq: 2, body: "Can everyone hear me?" }),
    chatEntry({
      messageId: "c3", seq: 3, participantId: "p-2", displayName: "王建国", body: "听得很清楚，画面也很流畅 👍",
      replyTo: { messageId: "c2", participantId: "p-1", displayName: "Ada Lovelace", body: "Can everyone hear me?", deleted: false },
    }),
    chatEntry({ messageId: "c6", seq: 6, participantId: "p-2", displayName: "王建国", body: "", deletedAt: "2026-01-05T09:06:00Z", deletedBy: "author" }),
    chatEntry({ messageId: "c4", seq: 4, participantId: "p-self", displayName: "林小雨", body: "好的，我们开始吧。\n先看上周的进展。", isSelf: true }),
    chatEntry({ messageId: "c5", seq: null, participantId: "p-self", isSelf: true, body: "这条正在发送…", sentAt: "2026-01-05T09:06:00Z" }),
  ],
});
session.view.patch({
  polls: [
    poll({ pollId: "q1", question: "下次会议在哪里开？", phase: "published", voters: 8, counts: [5, 3], choice: ["o1"] }),
    poll({ pollId: "q2", question: "Which days suit you?", kind: "multiple", voters: 3, anonymous: true }),
  ],
});
const waiting = ["Katherine Johnson", "李明", "Alan Turing"].map((displayName, index) => ({
  participantId: `w-${index}`, displayName, isGuest: true, askedAt: "2026-01-05T09:04:00Z",
}));
if (options.has("lobby")) session.view.patch({ lobby: { waiting, messages: [] } });
if (options.has("frozen") || options.has("spotlight")) {
  const { meeting: shown } = session.view.get();
  const spotlight = options.has("spotlight") ? "p-1" : null;
  if (shown !== null) session.view.patch({ meeting: { ...shown, frozen: options.has("frozen"), spotlight } });
}
if (options.has("waiting")) {
  const said = { seq: 1, displayName: "林小雨", body: "We start in five minutes.", sentAt: "2026-01-05T09:04:00Z" };
  session.view.patch({ phase: "waiting", place: { position: 3, waiting: 5, hostPresent: true, messages: [said] } });
}
if (options.has("paused")) {
  session.paused.set("p-1-camera", "bandwidth");
  session.paused.set("p-3-camera", "codec");
}
if (options.has("breakouts")) session.view.patch(demoBreakouts(options.get("breakouts") ?? ""));
core.level.set(0.3);

if (!options.has("no-video")) {
  core.deviceState.patch({ cameraTrack: paintedTrack(172, "face") });
  for (const [index, person] of others.entries()) {
    if (person.camera && !session.paused.has(`${person.participantId}-camera`)) session.tracks.set(`${person.participantId}-camera`, paintedTrack(index * 47, "face"));
    if (person.screen) session.tracks.set(`${person.participantId}-screen`, paintedTrack(210, "screen"));
  }
}
Object.assign(window, { core });

await startI18n(options.get("locale") === "zh-CN" ? "zh-CN" : "en");
window.history.replaceState(null, "", options.get("path") ?? "/");
const root = document.getElementById("root");
if (root !== null) createRoot(root).render(<App core={core} />);
