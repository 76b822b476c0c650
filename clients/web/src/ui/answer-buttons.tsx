/** Yes, maybe, no: what somebody answers to an invitation. */
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { Answer, GivenAnswer } from "../core/types";
import "./answer-buttons.css";

const ANSWERS: GivenAnswer[] = ["accepted", "tentative", "declined"];

interface AnswerButtonsProps {
  answer: Answer;
  onChange: (answer: GivenAnswer) => void;
  isDisabled?: boolean;
}

export function AnswerButtons({ answer, onChange, isDisabled = false }: AnswerButtonsProps) {
  const { t } = useTranslation();
  return (
    <ToggleButtonGroup
      aria-label={t("schedule.willYouCome")}
      selectionMode="single"
      className="answers"
      isDisabled={isDisabled}
      selectedKeys={answer === "needs_action" ? [] : [answer]}
      onSelectionChange={(keys) => {
        const chosen = ANSWERS.find((each) => keys.has(each));
        if (chosen !== undefined) onChange(chosen);
      }}
    >
      {ANSWERS.map((each) => (
        <ToggleButton key={each} id={each} className="answer" data-testid={`answer-${each}`}>
          {t(`schedule.give.${each}`)}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
