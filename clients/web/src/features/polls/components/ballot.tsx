/** Chooses one option or several, and votes. */
import { useState } from "react";
import { CheckboxButton, CheckboxField, CheckboxGroup, Label, RadioButton, RadioField, RadioGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { Poll } from "../../../core/types";
import { Button } from "../../../ui/button";

interface BallotProps {
  poll: Poll;
  onVote: (optionIds: string[]) => void;
}

export function Ballot({ poll, onVote }: BallotProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string[]>(poll.choice ?? []);
  const isSame = poll.choice !== null && chosen.length === poll.choice.length && chosen.every((id) => poll.choice?.includes(id));
  return (
    <div className="poll-ballot">
      {poll.kind === "single" ? (
        <RadioGroup className="poll-choices" value={chosen[0] ?? null} onChange={(id) => setChosen([id])}>
          <Label className="visually-hidden">{poll.question}</Label>
          {poll.options.map(({ optionId, text }) => (
            <RadioField key={optionId} value={optionId}>
              <RadioButton className="poll-choice" data-testid={`poll-option-${optionId}`}>
                <span className="poll-mark" aria-hidden="true" />
                {text}
              </RadioButton>
            </RadioField>
          ))}
        </RadioGroup>
      ) : (
        <CheckboxGroup className="poll-choices" value={chosen} onChange={setChosen}>
          <Label className="visually-hidden">{poll.question}</Label>
          {poll.options.map(({ optionId, text }) => (
            <CheckboxField key={optionId} value={optionId}>
              <CheckboxButton className="poll-choice" data-testid={`poll-option-${optionId}`}>
                <span className="poll-mark poll-mark-square" aria-hidden="true" />
                {text}
              </CheckboxButton>
            </CheckboxField>
          ))}
        </CheckboxGroup>
      )}
      <Button kind="primary" isDisabled={chosen.length === 0 || isSame} onPress={() => onVote(chosen)} data-testid="poll-vote">
        {isSame ? t("polls.voted") : t("polls.vote")}
      </Button>
    </div>
  );
}
