/** Writes a poll: from nothing, or from a template. */
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { NewPoll } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Button } from "../../../ui/button";
import { Field } from "../../../ui/field";
import { Form } from "../../../ui/form";
import { Switch } from "../../../ui/switch";
import { EMPTY_DRAFT, finished, withCorrect, withOption } from "../draft";
import type { PollDraft } from "../draft";

interface PollFormProps {
  onCreate: (poll: NewPoll, isStarted: boolean) => Promise<void>;
  onClose: () => void;
}

export function PollForm({ onCreate, onClose }: PollFormProps) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const poll = finished(draft);
  const create = (isStarted: boolean) => {
    if (poll === null) return;
    setIsBusy(true);
    onCreate(poll, isStarted).then(onClose, (error: unknown) => {
      setProblem(error);
      setIsBusy(false);
    });
  };
  const onSubmit = () => {
    create(true);
  };
  return (
    <Form className="polls poll-form" onSubmit={onSubmit}>
      <div className="poll-templates">
        <Button kind="quiet" onPress={() => setDraft({ ...draft, options: [t("polls.yes"), t("polls.no")] })}>
          {t("polls.yesNo")}
        </Button>
        <Button
          kind="quiet"
          onPress={() => setDraft({ ...draft, options: [t("polls.agree"), t("polls.unsure"), t("polls.disagree")] })}
        >
          {t("polls.agreement")}
        </Button>
      </div>
      {/* The person has just asked for it. */}
      {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
      <Field label={t("polls.question")} autoFocus value={draft.question} maxLength={500} onChange={(question) => setDraft({ ...draft, question })} testId="poll-question" />
      <OptionFields draft={draft} onDraft={setDraft} />
      <Choices draft={draft} onDraft={setDraft} />
      {problem === null ? null : (
        <p className="chat-failed" role="alert">
          {textOf(problem)}
        </p>
      )}
      <div className="poll-making">
        <Button kind="primary" type="submit" isDisabled={poll === null} isPending={isBusy} data-testid="poll-create">
          {t("polls.startNow")}
        </Button>
        <Button isDisabled={poll === null || isBusy} onPress={() => create(false)}>
          {t("polls.saveDraft")}
        </Button>
        <Button kind="quiet" onPress={onClose}>
          {t("common.cancel")}
        </Button>
      </div>
    </Form>
  );
}

interface PartProps {
  draft: PollDraft;
  onDraft: (draft: PollDraft) => void;
}

function OptionFields({ draft, onDraft }: PartProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="poll-fields">
      <legend className="field-label">{t("polls.options")}</legend>
      {draft.options.map((text, at) => (
        <div key={at} className="poll-field">
          <input
            className="field-input"
            value={text}
            maxLength={200}
            aria-label={t("polls.option", { number: at + 1 })}
            placeholder={t("polls.option", { number: at + 1 })}
            onChange={(event) => onDraft(withOption(draft, at, event.target.value))}
            data-testid={`poll-field-${at + 1}`}
          />
          {draft.isQuiz && text !== "" ? (
            <label className="poll-correct">
              <input
                type={draft.isMultiple ? "checkbox" : "radio"}
                name="correct"
                checked={draft.correct.has(at)}
                onChange={(event) => onDraft(withCorrect(draft, at, event.target.checked))}
              />
              {t("polls.right")}
            </label>
          ) : null}
        </div>
      ))}
    </fieldset>
  );
}

function Choices({ draft, onDraft }: PartProps) {
  const { t } = useTranslation();
  const change = (part: Partial<PollDraft>) => onDraft({ ...draft, ...part });
  return (
    <div className="poll-switches">
      <Switch label={t("polls.isMultiple")} isSelected={draft.isMultiple} onChange={(isMultiple) => change({ isMultiple, correct: new Set() })} />
      <Switch label={t("polls.isAnonymous")} isSelected={draft.anonymous} onChange={(anonymous) => change({ anonymous })} />
      <Switch label={t("polls.isChangeable")} isSelected={draft.changeable} onChange={(changeable) => change({ changeable })} />
      <Switch label={t("polls.isLive")} isSelected={draft.liveResults} onChange={(liveResults) => change({ liveResults })} />
      <Switch label={t("polls.isQuiz")} isSelected={draft.isQuiz} onChange={(isQuiz) => change({ isQuiz })} />
    </div>
  );
}
