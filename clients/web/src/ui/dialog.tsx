/** A window above the page; on a phone it rises from the bottom. */
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Button, IconButton } from "./button";
import "./dialog.css";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  width?: "narrow" | "wide";
}

export function Dialog({ title, isOpen, onClose, children, width = "narrow" }: DialogProps) {
  const { t } = useTranslation();
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable className="dialog-overlay">
      <Modal className={`dialog-modal dialog-${width}`}>
        <AriaDialog className="dialog">
          <header className="dialog-header">
            <Heading slot="title" className="dialog-title">
              {title}
            </Heading>
            <IconButton label={t("common.close")} icon={<X size={20} />} onPress={onClose} />
          </header>
          <div className="dialog-body">{children}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  isOpen: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that can't be undone. */
export function Confirm({ title, text, action, isOpen, onConfirm, onClose }: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable className="dialog-overlay">
      <Modal className="dialog-modal dialog-confirm">
        <AriaDialog role="alertdialog" className="dialog">
          <div className="dialog-body">
            <Heading slot="title" className="dialog-title">
              {title}
            </Heading>
            <p className="muted">{text}</p>
            <div className="dialog-actions">
              <Button onPress={onClose}>{t("common.cancel")}</Button>
              <Button
                kind="danger"
                data-testid="confirm"
                onPress={() => {
                  onClose();
                  onConfirm();
                }}
              >
                {action}
              </Button>
            </div>
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
