/** The card around signing in and registering. */
import type { ReactNode, SubmitEvent } from "react";

import { Brand } from "../../shell";
import { Notice } from "../../../ui/notice";
import "./auth-card.css";

interface AuthCardProps {
  title: string;
  text: string;
  problem: string | null;
  onSubmit: () => void;
  children: ReactNode;
  footer: ReactNode;
}

export function AuthCard({ title, text, problem, onSubmit, children, footer }: AuthCardProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <section className="auth-card">
      <header className="auth-card-header">
        <Brand size={44} />
        <h1>{title}</h1>
        <p className="muted">{text}</p>
      </header>
      <form className="auth-card-form" onSubmit={submit} noValidate>
        {problem === null ? null : <Notice kind="danger">{problem}</Notice>}
        {children}
      </form>
      <footer className="auth-card-footer">{footer}</footer>
    </section>
  );
}
