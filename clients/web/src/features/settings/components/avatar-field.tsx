/** One's own picture: chosen from a file, made small here, drawn anew by the server. */
import { useMutation } from "@tanstack/react-query";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { User } from "../../../core/types";
import { useProblemText } from "../../../i18n/problem";
import { Avatar } from "../../../ui/avatar";
import { Button } from "../../../ui/button";
import { useCore } from "../../../ui/core";
import { Notice } from "../../../ui/notice";
import { shrinkPicture } from "../shrink-picture";

export function AvatarField({ user }: { user: User }) {
  const { t } = useTranslation();
  const { security } = useCore();
  const textOf = useProblemText();
  const changing = useMutation({
    mutationFn: async (file: File | null) =>
      file === null ? security.deleteAvatar() : security.setAvatar(await shrinkPicture(file)),
  });
  return (
    <>
      <div className="settings-avatar">
        <Avatar id={user.userId} name={user.displayName} size={72} picture={user.avatarUrl} />
        <FileTrigger
          acceptedFileTypes={["image/png", "image/jpeg", "image/webp", "image/gif"]}
          onSelect={(files) => {
            const file = files?.[0];
            if (file !== undefined) changing.mutate(file);
          }}
        >
          <Button isPending={changing.isPending} data-testid="avatar">
            {t(user.avatarUrl === null ? "settings.addPicture" : "settings.changePicture")}
          </Button>
        </FileTrigger>
        {user.avatarUrl === null ? null : (
          <Button kind="quiet" onPress={() => changing.mutate(null)}>
            {t("settings.removePicture")}
          </Button>
        )}
      </div>
      {changing.error === null ? null : <Notice kind="danger">{textOf(changing.error)}</Notice>}
    </>
  );
}
