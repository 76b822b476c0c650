import { describe, expect, it } from "vitest";

import { EMPTY_DRAFT, finished, withCorrect, withOption } from "./draft";

const two = withOption(withOption({ ...EMPTY_DRAFT, question: "Lunch?" }, 0, "Rice"), 1, "面条");

describe("a poll that is written", () => {
  it("makes room for one more option while the last one is used", () => {
    expect(two.options).toEqual(["Rice", "面条", ""]);
  });

  it("is finished with a question and two different options", () => {
    expect(finished(EMPTY_DRAFT)).toBeNull();
    expect(finished(withOption(two, 1, "rice "))).toBeNull();
    expect(finished(two)).toMatchObject({ question: "Lunch?", kind: "single", options: ["Rice", "面条"] });
  });

  it("is a quiz once it has a right option, one where one is to choose", () => {
    const quiz = { ...two, isQuiz: true };
    expect(finished(quiz)).toBeNull();
    const second = withCorrect(withCorrect(quiz, 0, true), 1, true);
    expect(finished(second)?.correct).toEqual([1]);
  });
});
