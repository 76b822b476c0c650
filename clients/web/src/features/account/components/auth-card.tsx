/** The card around signing in and registering. */
import type { ReactNode } from "react";

import { Brand } from "../../shell";
import { Form } from "../../../ui/form";
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
  return (
    <section className="auth-card">
      <header className="auth-card-header">
        <Brand size={44} />
        <h1>{title}</h1>
        <p className="muted">{text}</p>
      </header>
      <Form className="auth-card-form" onSubmit={onSubmit}>
        {problem === null ? null : <Notice kind="danger">{problem}</Notice>}
        {children}
      </Form>
      <footer className="auth-card-footer">{footer}</footer>
    </section>
  );
}
