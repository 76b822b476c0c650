/** A form that the page answers itself: nothing is loaded anew, and what is wrong is said by our own fields. */
import type { ComponentProps, SubmitEvent } from "react";

interface FormProps extends Omit<ComponentProps<"form">, "onSubmit" | "noValidate"> {
  onSubmit: () => void;
}

export function Form({ onSubmit, ...props }: FormProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return <form {...props} onSubmit={submit} noValidate />;
}
