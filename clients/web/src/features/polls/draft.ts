/** A poll that is being written. Pure. */
import type { NewPoll } from "../../core/types";

const MOST_OPTIONS = 20;

export interface PollDraft {
  question: string;
  options: string[];
  isMultiple: boolean;
  anonymous: boolean;
  changeable: boolean;
  liveResults: boolean;
  isQuiz: boolean;
  /** Positions of the right options of a quiz. */
  correct: ReadonlySet<number>;
}

export const EMPTY_DRAFT: PollDraft = {
  question: "",
  options: ["", ""],
  isMultiple: false,
  anonymous: false,
  changeable: true,
  liveResults: false,
  isQuiz: false,
  correct: new Set(),
};

/** Takes an option in; writing into the last one makes room for another. */
export function withOption(draft: PollDraft, at: number, text: string): PollDraft {
  const options = draft.options.map((old, index) => (index === at ? text : old));
  if (options.at(-1) !== "" && options.length < MOST_OPTIONS) options.push("");
  return { ...draft, options };
}

export function withCorrect(draft: PollDraft, at: number, isCorrect: boolean): PollDraft {
  const correct = new Set(draft.isMultiple ? draft.correct : []);
  if (isCorrect) correct.add(at);
  else correct.delete(at);
  return { ...draft, correct };
}

/** The poll to make, or null while something is missing. */
export function finished(draft: PollDraft): NewPoll | null {
  const kept = draft.options.map((text, at) => ({ text: text.trim(), at })).filter(({ text }) => text !== "");
  const isTwice = new Set(kept.map(({ text }) => text.toLowerCase())).size < kept.length;
  if (draft.question.trim() === "" || kept.length < 2 || isTwice) return null;
  const correct = kept.flatMap(({ at }, position) => (draft.correct.has(at) ? [position] : []));
  if (draft.isQuiz && (correct.length === 0 || (!draft.isMultiple && correct.length > 1))) return null;
  return {
    question: draft.question.trim(),
    kind: draft.isMultiple ? "multiple" : "single",
    options: kept.map(({ text }) => text),
    anonymous: draft.anonymous,
    changeable: draft.changeable,
    liveResults: draft.liveResults,
    correct: draft.isQuiz ? correct : undefined,
  };
}
