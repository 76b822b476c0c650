/** A file at a message: a picture is shown, everything can be saved. */
import { Download, FileText } from "lucide-react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { ChatFile as File } from "../../../core/types";
import { readableSize } from "../../../ui/save";
import { useDownload, usePreview } from "../hooks/use-saved-file";

interface ChatFileProps {
  meetingId: string | null;
  file: File;
  onProblem: (error: unknown) => void;
}

export function ChatFile({ meetingId, file, onProblem }: ChatFileProps) {
  const { t, i18n } = useTranslation();
  const download = useDownload(meetingId);
  const picture = usePreview(meetingId, file.fileId, file.width !== null);
  const saveFile = () => void download(file.fileId, file.name).catch(onProblem);
  return (
    <div className="chat-file" data-testid="chat-file">
      {file.width === null || file.height === null ? null : (
        <div className="chat-picture" style={{ aspectRatio: `${file.width} / ${file.height}` }}>
          {picture === null ? null : <img src={picture} alt={file.name} />}
        </div>
      )}
      <Button className="chat-file-row" onPress={saveFile}>
        <FileText size={18} aria-hidden="true" />
        {/* The name of a button has all that is seen of it (WCAG 2.5.3): who speaks to it says that. */}
        <span className="visually-hidden">{t("chat.download")}</span>{" "}
        <span className="chat-file-name">{file.name}</span>{" "}
        <span className="muted numeric">{readableSize(file.size, i18n.language)}</span>
        <Download size={16} aria-hidden="true" />
      </Button>
    </div>
  );
}
